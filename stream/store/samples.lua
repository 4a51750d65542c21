-- Samples of reviews (stream.drivers): of a day the bad and the good ones, in one string. Stands before apply.lua.
--
-- The string is three bytes for how long the list of the bad ones is, this list, and that of the good ones. A list is the
-- most that it may hold, 0 of one that was never opened, and how many entries it has, in two bytes each; their hashes, in
-- rising order; of each entry the length of what stands behind its hash, in a byte that is 0 where two more, before it,
-- say it; and this, of all of them. So whatever is added, of the entries that stay nothing but lengths is looked at.

-- Entries come with hashes of four bytes. Of a product the first three are kept: it has fewer reviews than its tenant.
local ENTRY_HASH, OF_PRODUCT, OF_TENANT, COUNTS = 4, 3, 4, '>I2I2'
local HASH = {[OF_PRODUCT] = '>I3', [OF_TENANT] = '>I4'}
local WITH_ONE_MORE = {[OF_PRODUCT] = '>c0I2I2c0I3c0Bc0c0c0', [OF_TENANT] = '>c0I2I2c0I4c0Bc0c0c0'}
local NOBODY = struct.pack('>I3I2I2I2I2', 4, 0, 0, 0, 0)

local floor, byte, char, sub, concat = math.floor, string.byte, string.char, string.sub, table.concat

-- A list with the first of its own and of these entries, as many as it may hold, each hash once; nil where none is new.
-- And the hash from which on it takes nothing more, -1 while it takes all. bytes: of a hash.
local function joined(list, entries, limit, bytes)
  local most, count = struct.unpack(COUNTS, list)
  -- A full list has lost what a larger one would hold.
  most = most > 0 and math.min(most, limit) or limit
  local lengths = 5 + bytes * count
  local ends, at = {}, lengths + count - 1
  for i, length in ipairs({byte(list, lengths, at)}) do
    ends[i - 1] = at
    at = at + (length > 0 and length or 2 + byte(list, at + 1) * 256 + byte(list, at + 2))
  end
  ends[count] = at
  local hashes, sizes, contents, parts = {}, {}, {}, 0
  local kept, taken, last, changed = 0, 0, nil, false

  local function hash_of(i) return (struct.unpack(HASH[bytes], list, 5 + bytes * (i - 1))) end

  -- Takes its own entries that are left, up to one of them.
  local function take(upto)
    upto = math.min(upto, taken + most - kept)
    if upto == taken then return end
    parts = parts + 1
    hashes[parts] = sub(list, 5 + bytes * taken, 4 + bytes * upto)
    sizes[parts] = sub(list, lengths + taken, lengths + upto - 1)
    contents[parts] = sub(list, ends[taken] + 1, ends[upto])
    kept, taken, last = kept + upto - taken, upto, hash_of(upto)
  end

  for _, entry in ipairs(entries) do
    local hash = struct.unpack(HASH[bytes], entry)
    local before, upto = taken, count -- its own entries up to before have smaller hashes, those after upto have not
    while before < upto do
      local middle = floor((before + upto + 1) / 2)
      if hash_of(middle) < hash then before = middle else upto = middle - 1 end
    end
    take(before)
    if kept == most then break end
    if hash ~= last and (before == count or hash_of(before + 1) ~= hash) then
      local content = sub(entry, ENTRY_HASH + 1)
      local size = #content
      parts = parts + 1
      hashes[parts] = sub(entry, 1, bytes)
      sizes[parts] = char(size < 256 and size or 0)
      contents[parts] = size < 256 and content or struct.pack('>I2', size) .. content
      kept, last, changed = kept + 1, hash, true
    end
  end
  take(count)
  local new = changed and struct.pack(COUNTS, most, kept) .. concat(hashes) .. concat(sizes) .. concat(contents)
  return new or nil, kept == most and last or -1
end

-- A day's string with one more entry in the list that begins at a place; nil where the list is, or gets, full, or has an
-- entry with this hash. What joined() does, without a string for each part of both lists: most offers are of this kind.
local function with_one_more(stored, start, entry, limit, bytes)
  local most, count = struct.unpack(COUNTS, stored, start)
  most = most > 0 and math.min(most, limit) or limit
  if count + 1 >= most then return nil end
  local hash, hashes, before, upto = struct.unpack(HASH[bytes], entry), start + 4, 0, count
  while before < upto do
    local middle = floor((before + upto + 1) / 2)
    local its = struct.unpack(HASH[bytes], stored, hashes + bytes * (middle - 1))
    if its == hash then return nil end
    if its < hash then before = middle else upto = middle - 1 end
  end
  local lengths = hashes + bytes * count
  local at = lengths + count
  for _, length in ipairs({byte(stored, lengths, lengths + before - 1)}) do
    at = at + (length > 0 and length or 2 + byte(stored, at) * 256 + byte(stored, at + 1))
  end
  local content = sub(entry, ENTRY_HASH + 1)
  local size = #content
  if size > 255 then size, content = 0, struct.pack('>I2', size) .. content end
  local head = start > 4 and sub(stored, 1, start - 1)
    or struct.pack('>I3', struct.unpack('>I3', stored) + bytes + 1 + #content)
  local here = hashes + bytes * before
  return struct.pack(
    WITH_ONE_MORE[bytes], head, most, count + 1, sub(stored, hashes, here - 1), hash,
    sub(stored, here, lengths + before - 1), size, sub(stored, lengths + before, at - 1), content, sub(stored, at)
  )
end

-- A day's string with the first entries of one of its lists and of these, as many as it may hold; nil if nothing is new.
-- And the hash from which on the list takes nothing more, -1 while it takes all.
local function with_entries(stored, which, entries, limit, bytes)
  stored = stored or NOBODY
  local good = 4 + struct.unpack('>I3', stored)
  local new = #entries == 1 and with_one_more(stored, which == 1 and 4 or good, entries[1], limit, bytes)
  if new then return new, -1 end
  local lists, bound = {sub(stored, 4, good - 1), sub(stored, good)}, nil
  new, bound = joined(lists[which], entries, limit, bytes)
  if not new then return nil, bound end
  lists[which] = new
  return struct.pack('>I3', #lists[1]) .. lists[1] .. lists[2], bound
end

-- Note that an entity has samples of a day, and drop those of the days before the first that is kept.
local function open_day(prefix, name, day, first, days)
  local kept = {day}
  for _, old in ipairs(days[name] and cmsgpack.unpack(days[name]) or {}) do
    if old < first then
      redis.call('DEL', string.format('%sw:%s:%.0f', prefix, name, old))
    elseif old ~= day then
      kept[#kept + 1] = old
    end
  end
  days[name] = cmsgpack.pack(kept)
  redis.call('HSET', prefix .. 'e:' .. name, 'w', days[name])
end

-- Offers entries to a sample; returns the hash from which on it takes nothing more, -1 while it takes all.
-- w: name, day, which list of the two, most, days to keep, keep until; newest: of the entity's reviews (ms)
-- stored: keys of samples to what they hold; days: entities to the days that they have samples of. Both are kept up.
local function offer(prefix, w, key, stored, entries, newest, days)
  local first = floor(newest / 86400000) - w[5]
  if w[2] < first then return 0 end -- a day that is too old, for good
  local there = stored[key]
  if not there then open_day(prefix, w[1], w[2], first, days) end
  local bytes = string.find(w[1], '/', 1, true) and OF_PRODUCT or OF_TENANT
  local new, bound = with_entries(there, w[3], entries, w[4], bytes)
  if new then
    if there then
      redis.call('SET', key, new, 'KEEPTTL')
    else
      -- Set once: nobody can prolong the life of what is in it.
      redis.call('SET', key, new, 'PXAT', string.format('%.0f', w[6]))
    end
    stored[key] = new
  end
  return bound < 0 and bound or bound * 256 ^ (ENTRY_HASH - bytes)
end
