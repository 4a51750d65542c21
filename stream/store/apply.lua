-- Applies the increments of one run of records to one shard, remembers its ids and moves its fence, together or not at
-- all. Stands after duplicates.lua, buckets.lua and samples.lua.
--
-- Of a run of many products most of the time goes to commands and to the strings that Lua makes of their answers. So what
-- is read of many keys is read at once, and what is known already is not asked for.
--
-- KEYS[1]  the shard's fence hash
-- ARGV     1 key prefix of the shard   2 fence field (topic:partition)   3 fence that the run was folded for
--          4 last offset of the run    5 now (ms)                        6 increments (see stream.store.writer)
--          7 token of whoever writes (see stream.store.reign); none is checked where it is empty
-- Returns  {"stale" | "overlap" | "behind" | "deposed", fence before the call}, or {"duplicates", fence, positions}: where
--          ids stand that were seen before, from 0 through all claims; or {"applied", fence, bounds}: for each sample the
--          hash from which on it takes nothing more, -1 while it takes all. Only "applied" has changed anything.

-- Products, or offers, whose strings are read at once: some 200 of up to a few KB each.
local AT_ONCE = 64

local prefix, field, now = ARGV[1], ARGV[2], tonumber(ARGV[5])
local fence = tonumber(redis.call('HGET', KEYS[1], field) or '-1')
local expected, last = tonumber(ARGV[3]), tonumber(ARGV[4])
if fence < expected then return {'behind', fence} end -- first: a store that lost its data has no token either
if ARGV[7] ~= '' and redis.call('HGET', prefix .. 'reign', field) ~= ARGV[7] then return {'deposed', fence} end
if fence >= last then return {'stale', fence} end
if fence > expected then return {'overlap', fence} end

local function added(packed, gains)
  if not packed then return gains end
  local sums = cmsgpack.unpack(packed)
  for i = 1, #gains do sums[i] = (sums[i] or 0) + gains[i] end
  return sums
end

-- A key lives until the last event that went into it is old enough; a late writer never shortens that.
local function keep_until(key, at)
  if redis.call('PTTL', key) < at - now then redis.call('PEXPIREAT', key, at) end
end

-- Whether a comes after b, byte by byte as in Python: Lua's own comparison takes the order of Redis's locale.
local function after(a, b)
  for i = 1, math.max(#a, #b) do
    local x, y = string.byte(a, i) or -1, string.byte(b, i) or -1
    if x ~= y then return x > y end
  end
  return false
end

-- Four bytes for how long the increments are; they; and behind them, one after the other, the strings that they speak of
-- by their lengths: Redis knows no binary type of msgpack.
local head = 4 + struct.unpack('>I4', ARGV[6])
local increments = cmsgpack.unpack(string.sub(ARGV[6], 5, head))
local function behind(lengths)
  local found = {}
  for i, length in ipairs(lengths) do
    found[i] = string.sub(ARGV[6], head + 1, head + length)
    head = head + length
  end
  return found
end

local duplicates, memories, position = {}, {}, 0
for i, claim in ipairs(increments.d) do
  memories[i], position = judge(prefix, field, claim, duplicates, position)
end
if #duplicates > 0 then return {'duplicates', fence, duplicates} end
for _, seen in ipairs(memories) do remember(prefix, seen) end

-- Calls with each of a list, in order, and with what the keys that keys_of names for it hold: keys to strings, false where
-- there is none. Those of some are read at once, but not of all: they would fill Lua's memory.
local function with_stored(list, keys_of, each)
  for first = 1, #list, AT_ONCE do
    local last = math.min(first + AT_ONCE - 1, #list)
    local keys, stored = {}, {}
    for i = first, last do keys_of(list[i], keys) end
    for piece = 1, #keys, MAX_ARGS do
      local found = redis.call('MGET', unpack(keys, piece, math.min(piece + MAX_ARGS - 1, #keys)))
      for i, value in ipairs(found) do stored[keys[piece + i - 1]] = value end
    end
    for i = first, last do each(list[i], stored, i) end
  end
end

local newest, days = {}, {}
with_stored(increments.e, function(e, keys)
  for _, c in ipairs(e[9]) do
    c[1] = prefix .. c[1]
    keys[#keys + 1] = c[1]
  end
end, function(e, stored)
  -- e: name, totals, late, first, last, time the log took the last, profile time, profile, chunks, spreads
  local key = prefix .. 'e:' .. e[1]
  local old = redis.call('HMGET', key, 't', 'q', 'p', 'w')
  local totals = e[2]
  totals[8], totals[9], totals[10], totals[11] = e[3], e[4], e[5], e[6]
  if old[1] then
    local t = cmsgpack.unpack(old[1])
    for i = 1, 8 do totals[i] = totals[i] + (t[i] or 0) end
    totals[9] = math.min(totals[9], t[9])
    if t[10] > totals[10] or (t[10] == totals[10] and t[11] > totals[11]) then
      totals[10], totals[11] = t[10], t[11]
    end
  end
  local known = tonumber(old[2] or '-1')
  if e[8] == '' or e[7] < known or (e[7] == known and not after(e[8], old[3])) then
    redis.call('HSET', key, 't', cmsgpack.pack(totals))
  elseif e[8] == old[3] then
    redis.call('HSET', key, 't', cmsgpack.pack(totals), 'q', e[7])
  else
    redis.call('HSET', key, 't', cmsgpack.pack(totals), 'q', e[7], 'p', e[8])
  end
  newest[e[1]], days[e[1]] = totals[10], old[4]
  -- c: letter:name:chunk, keep until, index, counters, index, counters ... in rising order
  for _, c in ipairs(e[9]) do add_to_chunk(c[1], stored[c[1]], c) end
  for _, c in ipairs(e[10]) do
    local chunk, write = prefix .. c[1], {}
    local indices = {}
    for i = 3, #c, 2 do indices[#indices + 1] = c[i] end
    local before = redis.call('HMGET', chunk, unpack(indices))
    for i = 1, #indices do
      write[2 * i - 1] = indices[i]
      write[2 * i] = cmsgpack.pack(added(before[i], c[2 * i + 2]))
    end
    redis.call('HSET', chunk, unpack(write))
    keep_until(chunk, c[2])
  end
end)
for _, r in ipairs(increments.r) do
  -- r: name, most to keep, kept since (ms), keep until, lengths of the reviews, newest last (six bytes of when the log
  -- took it, then the rest: stream.store.recent)
  local key, entries = prefix .. 'r:' .. r[1], behind(r[5])
  local length = redis.call('LPUSH', key, unpack(entries))
  if length > r[2] then redis.call('LTRIM', key, 0, r[2] - 1) end
  local oldest = redis.call('LINDEX', key, -1)
  while oldest and struct.unpack('>I6', oldest) < r[3] do
    redis.call('RPOP', key)
    oldest = redis.call('LINDEX', key, -1)
  end
  if length == #entries then redis.call('PEXPIREAT', key, r[4]) else keep_until(key, r[4]) end
end
for _, i in ipairs(increments.i) do
  -- i: tenant, newest event's time, product, ...
  redis.call('ZADD', prefix .. 'i:' .. i[1], 'GT', unpack(i[2]))
end
for _, l in ipairs(increments.l) do
  -- l: tenant, update, most to keep, keep for (ms)
  local key = prefix .. 'l:' .. l[1]
  redis.call('XADD', key, 'MAXLEN', '~', l[3], '*', 'u', l[2])
  redis.call('PEXPIRE', key, l[4])
end
for _, c in ipairs(increments.c) do
  -- c: tenant, model, counters, time the log took the newest (see stream.store.tenures)
  local key = prefix .. 'c:' .. c[1]
  local whole = prefix .. 'e:' .. c[1]
  local named = redis.call('HGET', whole, 'c')
  if not named then
    named = 0 -- or what tenures hold that are older than this field
    for _, older in ipairs(redis.call('HVALS', key)) do named = named + (cmsgpack.unpack(older)[5] or 0) end
  end
  redis.call('HSET', whole, 'c', string.format('%.0f', named + c[3][1]))
  local packed = redis.call('HGET', key, field)
  local tenure = packed and cmsgpack.unpack(packed)
  if tenure and tenure[2] ~= c[2] then
    redis.call('HSET', key, string.format('%s:%.0f', field, tenure[1]), packed)
    tenure = nil
  end
  tenure = tenure or {expected + 1, c[2], c[4], c[4]}
  tenure[4] = math.max(tenure[4], c[4])
  for i, gain in ipairs(c[3]) do tenure[4 + i] = (tenure[4 + i] or 0) + gain end
  redis.call('HSET', key, field, cmsgpack.pack(tenure))
end
local bounds = {}
with_stored(increments.w, function(w, keys)
  -- w: name, day, which list, most, days to keep, keep until, lengths of the entries
  w.key = string.format('%sw:%s:%.0f', prefix, w[1], w[2])
  keys[#keys + 1] = w.key
end, function(w, stored, n)
  bounds[n] = offer(prefix, w, w.key, stored, behind(w[7]), newest[w[1]], days)
end)
redis.call('HSET', KEYS[1], field, ARGV[4])
return {'applied', fence, bounds}
