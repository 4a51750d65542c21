-- Buckets of a chunk, packed into one string: the form is told in stream.store.buckets. Stands before apply.lua.

-- Reviews up to which a bucket's counters are one number, and the bytes of that number by reviews. It stays below 2^53.
local SMALL, SIZE = 31, {}
for n = 1, SMALL do
  local most, size = (n + 1) * (n + 1) * (n + 1) * (n + 1) * (4 * n + 1) * (n * 1000000 + 1) - 1, 1
  while most >= 256 ^ size do size = size + 1 end
  SIZE[n] = size
end

local floor, byte, char, sub = math.floor, string.byte, string.char, string.sub

local function varint(value)
  local text = ''
  while value >= 128 do
    text = text .. char(128 + value % 128)
    value = floor(value / 128)
  end
  return text .. char(value)
end

-- Counters to their bytes and to what the head says of them: how many reviews, or 0 where they are written apart.
local function pack_counters(c)
  local n, g, p, r, s, b, a = c[1], c[2], c[3], c[4], c[5], c[6], c[7]
  if n >= 1 and n <= SMALL and g <= n and r <= n and b <= r and a <= r and s >= r and s <= 5 * r and p <= n * 1000000 then
    local number = ((((p * (4 * r + 1) + s - r) * (r + 1) + a) * (r + 1) + b) * (n + 1) + r) * (n + 1) + g
    return struct.pack('>I' .. SIZE[n], number), n
  end
  local parts = {}
  for i = 1, 7 do parts[i] = varint(c[i]) end
  local text = table.concat(parts)
  return text .. char(#text), 0
end

local function unpack_counters(packed, n)
  if n == 0 then
    local counters, at = {}, 1
    for i = 1, 7 do
      local value, scale, digit = 0, 1, byte(packed, at)
      while digit >= 128 do
        value, scale, at = value + (digit - 128) * scale, scale * 128, at + 1
        digit = byte(packed, at)
      end
      counters[i], at = value + digit * scale, at + 1
    end
    return counters
  end
  local rest, g, r, b, a, s = struct.unpack('>I' .. SIZE[n], packed)
  g, rest = rest % (n + 1), floor(rest / (n + 1))
  r, rest = rest % (n + 1), floor(rest / (n + 1))
  b, rest = rest % (r + 1), floor(rest / (r + 1))
  a, rest = rest % (r + 1), floor(rest / (r + 1))
  s, rest = rest % (4 * r + 1), floor(rest / (4 * r + 1))
  return {n, g, rest, r, s + r, b, a}
end

-- The bytes of a bucket that stands gap behind the one before it.
local function bucket(packed, n, gap)
  if gap <= 7 then return packed .. char((gap - 1) * 32 + n) end
  if gap < 200 then return packed .. char(gap - 8, 224 + n) end
  return packed .. char((gap - 200) % 256, 192 + floor((gap - 200) / 256), 224 + n)
end

-- The bucket that ends at a place: where it begins, its counters' bytes, what its head says, and its gap.
local function bucket_before(stored, at)
  local head = byte(stored, at)
  local n, gap = head % 32, floor(head / 32) + 1
  at = at - 1
  if gap == 8 then
    gap, at = 8 + byte(stored, at), at - 1
    if gap >= 200 then gap, at = 200 + (gap - 200) * 256 + byte(stored, at), at - 1 end
  end
  local start = at - (n > 0 and SIZE[n] or byte(stored, at) + 1)
  return start, sub(stored, start + 1, at), n, gap
end

-- A chunk with gains added, and how many of its first bytes are as they were. What is before the first gain is not read.
-- c: (name, until,) index, counters, index, counters ... in rising order
local function with_gains(stored, c)
  local kept, index, tail = 2, -1, {}
  if stored then
    kept, index = #stored, byte(stored, 1) * 256 + byte(stored, 2)
    while kept > 2 and index >= c[3] do
      local start, packed, n, gap = bucket_before(stored, kept)
      tail[#tail + 1] = {index, packed, n}
      kept, index = start, index - gap
    end
  end
  local parts, i, t = {stored and sub(stored, 3, kept) or ''}, 3, #tail
  while c[i] or t > 0 do
    local old, at, packed, n = tail[t], c[i], nil, nil
    if old and (not at or old[1] < at) then
      at, packed, n, t = old[1], old[2], old[3], t - 1
    else
      local sums = c[i + 1]
      if old and old[1] == at then
        local before = unpack_counters(old[2], old[3])
        for k = 1, 7 do sums[k] = sums[k] + before[k] end
        t = t - 1
      end
      packed, n = pack_counters(sums)
      i = i + 2
    end
    parts[#parts + 1] = bucket(packed, n, at - index)
    index = at
  end
  return struct.pack('>I2', index) .. table.concat(parts), kept
end

local function add_to_chunk(key, c, now)
  local stored = redis.call('GET', key)
  local new, kept = with_gains(stored, c)
  -- A key lives until the last event that went into it is old enough; a late writer never shortens that.
  local prolong = not stored or redis.call('PTTL', key) < c[2] - now
  if prolong then
    redis.call('SET', key, new, 'PXAT', string.format('%.0f', c[2]))
  elseif kept > 256 and #new == #stored and sub(new, 1, 2) == sub(stored, 1, 2) then
    -- Most often the newest bucket of many: so the append-only file gets these few bytes alone.
    redis.call('SETRANGE', key, kept, sub(new, kept + 1))
  else
    redis.call('SET', key, new, 'KEEPTTL') -- not APPEND: it leaves as much room again behind the string
  end
end
