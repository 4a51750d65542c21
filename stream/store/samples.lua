-- Samples of reviews (stream.drivers): of a day the bad and the good ones, each a list of the most that it may hold and
-- of entries, in the order of the hashes that they begin with. Stands before apply.lua.

local HASH = '>I5'

-- Note that an entity has samples of a day, and drop those of the days before the floor.
local function open_day(prefix, name, day, floor)
  local key, whole = prefix .. 'w:' .. name .. ':', prefix .. 'e:' .. name
  local stored, kept = redis.call('HGET', whole, 'w'), {day}
  for _, old in ipairs(stored and cmsgpack.unpack(stored) or {}) do
    if old < floor then
      redis.call('DEL', key .. string.format('%.0f', old))
    elseif old ~= day then
      kept[#kept + 1] = old
    end
  end
  redis.call('HSET', whole, 'w', cmsgpack.pack(kept))
end

-- Both lists joined: the first most of their entries, each hash once. And whether any is new, and the last hash.
local function joined(old, new, most)
  local kept, i, j, changed, last = {most}, 2, 1, false, nil
  local theirs, ours = old[i] and struct.unpack(HASH, old[i]), new[j] and struct.unpack(HASH, new[j])
  while #kept <= most and (theirs or ours) do
    local takes = not theirs or (ours and ours < theirs)
    if takes then
      kept[#kept + 1], last, changed = new[j], ours, true
    else
      kept[#kept + 1], last = old[i], theirs
    end
    if takes or ours == theirs then
      j = j + 1
      ours = new[j] and struct.unpack(HASH, new[j])
    end
    if not takes then
      i = i + 1
      theirs = old[i] and struct.unpack(HASH, old[i])
    end
  end
  return kept, changed, last
end

-- Offers entries to a sample; returns the hash from which on it takes nothing more, -1 while it takes all.
-- w: name, day, which list of the two, most, days to keep, keep until; newest: of the entity's reviews (ms)
local function offer(prefix, w, entries, newest)
  local floor = math.floor(newest / 86400000) - w[5]
  if w[2] < floor then return 0 end -- a day that is too old, for good
  local key = prefix .. 'w:' .. w[1] .. ':' .. string.format('%.0f', w[2])
  local stored = redis.call('GET', key)
  if not stored then open_day(prefix, w[1], w[2], floor) end
  local both = stored and cmsgpack.unpack(stored) or {{0}, {0}}
  local old = both[w[3]]
  -- A full sample has lost what a larger one would hold. Of one that was never opened the most is 0.
  local most = old[1] > 0 and math.min(old[1], w[4]) or w[4]
  local kept, changed, last = joined(old, entries, most)
  if changed then
    both[w[3]] = kept
    if stored then
      redis.call('SET', key, cmsgpack.pack(both), 'KEEPTTL')
    else
      -- Set once: nobody can prolong the life of what is in it.
      redis.call('SET', key, cmsgpack.pack(both), 'PXAT', string.format('%.0f', w[6]))
    end
  end
  return #kept > most and last or -1
end
