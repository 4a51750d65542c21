-- Buckets of a chunk, packed into one string: the form is told in stream.store.buckets. Stands before apply.lua.

-- Reviews up to which a bucket's counters are one number, and the bytes of that number by reviews. It stays below 2^53.
local SMALL, SIZE, NUMBER = 31, {}, {}

-- What a chunk begins with: the hour, counted from 1970-01-01 UTC, when its life ends; and the index of its last bucket.
local HEADER, HEAD = '>I3I2', 5
local HOUR_MS = 3600000

-- A chunk, by the reviews of its last bucket: header, what is before that bucket, its counters, its ending.
local CHUNK = {[0] = HEADER .. 'c0c0c0'}

for n = 1, SMALL do
  local most, size = (n + 1) * (n + 1) * (n + 1) * (n + 1) * (4 * n + 1) * (n * 1000000 + 1) - 1, 1
  while most >= 256 ^ size do size = size + 1 end
  SIZE[n], NUMBER[n], CHUNK[n] = size, '>I' .. size, HEADER .. 'c0I' .. size .. 'c0'
end

local floor, byte, char, sub = math.floor, string.byte, string.char, string.sub

-- A whole number as text. Those of a run are few: lives end on the hour.
local decimals = {}
local function decimal(number)
  local text = decimals[number] or string.format('%.0f', number)
  decimals[number] = text
  return text
end

local function varint(value)
  local text = ''
  while value >= 128 do
    text = text .. char(128 + value % 128)
    value = floor(value / 128)
  end
  return text .. char(value)
end

-- Counters as one number, or as bytes where they are written apart; and how many reviews the ending says, 0 of those.
local function packed(c)
  local n, g, p, r, s, b, a = c[1], c[2], c[3], c[4], c[5], c[6], c[7]
  if n >= 1 and n <= SMALL and g <= n and r <= n and b <= r and a <= r and s >= r and s <= 5 * r and p <= n * 1000000 then
    return ((((p * (4 * r + 1) + s - r) * (r + 1) + a) * (r + 1) + b) * (n + 1) + r) * (n + 1) + g, n
  end
  local parts = {}
  for i = 1, 7 do parts[i] = varint(c[i]) end
  local text = table.concat(parts)
  return text .. char(#text), 0
end

-- The counters of a bucket whose bytes begin at a place.
local function counters_at(stored, at, n)
  if n == 0 then
    local counters = {}
    for i = 1, 7 do
      local value, scale, digit = 0, 1, byte(stored, at)
      while digit >= 128 do
        value, scale, at = value + (digit - 128) * scale, scale * 128, at + 1
        digit = byte(stored, at)
      end
      counters[i], at = value + digit * scale, at + 1
    end
    return counters
  end
  local rest, g, r, b, a, s = struct.unpack(NUMBER[n], stored, at)
  g, rest = rest % (n + 1), floor(rest / (n + 1))
  r, rest = rest % (n + 1), floor(rest / (n + 1))
  b, rest = rest % (r + 1), floor(rest / (r + 1))
  a, rest = rest % (r + 1), floor(rest / (r + 1))
  s, rest = rest % (4 * r + 1), floor(rest / (4 * r + 1))
  return {n, g, rest, r, s + r, b, a}
end

-- What follows the counters of a bucket that stands gap behind the one before it.
local function ending(n, gap)
  if gap <= 7 then return char((gap - 1) * 32 + n) end
  if gap < 200 then return char(gap - 8, 224 + n) end
  return char((gap - 200) % 256, 192 + floor((gap - 200) / 256), 224 + n)
end

-- The bucket whose last byte is at a place: the first and the last of its counters' bytes, what its ending says.
local function bucket_before(stored, at)
  local last = byte(stored, at)
  local n, gap = last % 32, floor(last / 32) + 1
  at = at - 1
  if gap == 8 then
    gap, at = 8 + byte(stored, at), at - 1
    if gap >= 200 then gap, at = 200 + (gap - 200) * 256 + byte(stored, at), at - 1 end
  end
  return at - (n > 0 and SIZE[n] or byte(stored, at) + 1) + 1, at, n, gap
end

-- Adds to the gains of a bucket what is counted already, from a place on.
local function add(gains, stored, at, n)
  local before = counters_at(stored, at, n)
  for i = 1, 7 do gains[i] = gains[i] + before[i] end
end

-- A chunk with gains added, and how many of its first bytes are as they were. What is before the first gain is not read.
-- hour: when its life ends; c: (name, until,) index, counters, index, counters ... in rising order
local function with_gains(stored, c, hour)
  local kept, index, tail = HEAD, -1, {}
  if stored then
    kept, index = #stored, byte(stored, 4) * 256 + byte(stored, 5)
    while kept > HEAD and index >= c[3] do
      local first, last, n, gap = bucket_before(stored, kept)
      tail[#tail + 1] = {index, first, last, n}
      kept, index = first - 1, index - gap
    end
  end
  local parts, i, t = {'', stored and sub(stored, HEAD + 1, kept) or ''}, 3, #tail
  while c[i] or t > 0 do
    local old, at, counters, n = tail[t], c[i], nil, nil
    if old and (not at or old[1] < at) then
      at, counters, n, t = old[1], sub(stored, old[2], old[3]), old[4], t - 1
    else
      if old and old[1] == at then
        add(c[i + 1], stored, old[2], old[4])
        t = t - 1
      end
      counters, n = packed(c[i + 1])
      if n > 0 then counters = struct.pack(NUMBER[n], counters) end
      i = i + 2
    end
    parts[#parts + 1], parts[#parts + 2] = counters, ending(n, at - index)
    index = at
  end
  parts[1] = struct.pack(HEADER, hour, index)
  return table.concat(parts), kept
end

-- The same of a single gain that no bucket stands behind, nil if one does: that most gains are, and it takes a fourth of
-- the strings.
local function with_last(stored, at, gains, hour)
  local kept, index = HEAD, -1
  if stored then
    kept, index = #stored, byte(stored, 4) * 256 + byte(stored, 5)
    if index > at then return nil end
    if index == at then
      local first, _, n, gap = bucket_before(stored, kept)
      add(gains, stored, first, n)
      kept, index = first - 1, index - gap
    end
  end
  local counters, n = packed(gains)
  return struct.pack(CHUNK[n], hour, at, stored and sub(stored, HEAD + 1, kept) or '', counters, ending(n, at - index)), kept
end

-- A key lives until the last event that went into it is old enough; a late writer never shortens that. What its end is
-- says the chunk itself: asking Redis would be one more command.
local function add_to_chunk(key, stored, c)
  local hour, known = c[2] / HOUR_MS, stored and struct.unpack('>I3', stored) or 0
  local ends, new, kept = math.max(hour, known), nil, nil
  if not c[5] then new, kept = with_last(stored, c[3], c[4], ends) end
  if not new then new, kept = with_gains(stored, c, ends) end
  if hour > known then
    redis.call('SET', key, new, 'PXAT', decimal(c[2]))
  elseif kept > 256 and #new == #stored and sub(new, 1, HEAD) == sub(stored, 1, HEAD) then
    -- Most often the newest bucket of many: so the append-only file gets these few bytes alone.
    redis.call('SETRANGE', key, kept, sub(new, kept + 1))
  else
    redis.call('SET', key, new, 'KEEPTTL') -- not APPEND: it leaves as much room again behind the string
  end
end
