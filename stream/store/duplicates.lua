-- What was seen before: the rule of stream.duplicates.Seen over the memory in Redis. Stands before apply.lua.
--
-- An id is decimal text: a number in Lua is exact up to 2^53 only. Its top bits choose the set that it is in.

local SLOTS_BACK, SLOTS_AHEAD = 2, 4

-- Ids in a set: half of what Redis keeps as one array of 8 bytes an id (set-max-intset-entries, 512), so that it stays
-- one although the number of sets follows from the slot before. At least 16 sets: traffic may grow sharply. At most
-- 65,536, for 16 to 33 million ids in half a horizon: a slot's sets are unlinked in one go, 2 ms for 2,048 of them.
local IDS_A_SET, LEAST_SETS, MOST_SETS = 256, 16, 65536

-- Values handed to one command: unpack() fails beyond 8,000.
local MAX_ARGS = 1000

local function slot_key(prefix, name, slot) return string.format('%sx:%s:%.0f:', prefix, name, slot) end

-- The ids of a piece of the log by the set (its number as text) that they belong to. Most slots have equally many sets:
-- then this is done once for all that are looked into and the one that is added to.
local function by_set(piece, sets)
  local groups = piece[sets]
  if groups then return groups end
  local numbered = {}
  groups = {}
  piece[sets] = groups
  for _, id in ipairs(piece.ids) do
    local set = math.floor(tonumber(id) / 2^48) % sets
    local group = numbered[set]
    if not group then
      group = {}
      numbered[set], groups[tostring(set)] = group, group
    end
    group[#group + 1] = id
  end
  return groups
end

-- Notes in copies which ids of a piece are in a slot.
local function look_into(key, sets, piece, copies)
  for set, ids in pairs(by_set(piece, sets)) do
    for first = 1, #ids, MAX_ARGS do
      local last = math.min(first + MAX_ARGS - 1, #ids)
      for i, is in ipairs(redis.call('SMISMEMBER', key .. set, unpack(ids, first, last))) do
        if is == 1 then copies[ids[first + i - 1]] = true end
      end
    end
  end
end

local function add_to(key, sets, piece)
  for set, ids in pairs(by_set(piece, sets)) do
    for first = 1, #ids, MAX_ARGS do
      redis.call('SADD', key .. set, unpack(ids, first, math.min(first + MAX_ARGS - 1, #ids)))
    end
  end
end

local function unlink_slot(key, sets)
  for first = 0, sets - 1, MAX_ARGS do
    local names = {}
    for set = first, math.min(first + MAX_ARGS, sets) - 1 do names[#names + 1] = key .. set end
    redis.call('UNLINK', unpack(names))
  end
end

-- A memory as it is stored: newest slot, then for each slot its number, its number of sets and of ids.
local function slots_of(packed)
  local slots, list = {}, packed and cmsgpack.unpack(packed) or {}
  for i = 2, #list, 3 do
    slots[list[i]] = {sets = list[i + 1], count = list[i + 2], stored = true, fresh = {}, pieces = {}}
  end
  return slots, list[1]
end

local function open_slot(seen, slot)
  local before, sets = seen.slots[seen.newest], LEAST_SETS
  while before and sets * IDS_A_SET < before.count and sets < MOST_SETS do sets = sets * 2 end
  for old, known in pairs(seen.slots) do
    if old < slot - SLOTS_BACK or old > slot then
      if known.stored then seen.gone[#seen.gone + 1] = {old, known.sets} end
      seen.slots[old] = nil
    end
  end
  seen.slots[slot], seen.newest = {sets = sets, count = 0, fresh = {}, pieces = {}}, slot
end

-- Judges the ids of one claim: tenant, width of a slot (ms), slot, ids, slot, ids ... in log order. Writes nothing.
-- duplicates: where to note those that were seen, by their position in the run; first: position of the first id here.
-- Returns what remember() will write, should there be no duplicates, and the position after the last id.
local function judge(prefix, field, claim, duplicates, first)
  local source, position = claim[1] .. ':' .. field .. ':', first
  local seen = {source = source, name = source .. claim[2], gone = {}}
  local packed = redis.call('HGET', prefix .. 'seen', seen.name)
  seen.new = not packed
  seen.slots, seen.newest = slots_of(packed)
  for p = 3, #claim, 2 do
    local slot, piece, copies, fresh = claim[p], {ids = claim[p + 1]}, {}, {}
    if seen.newest and slot <= seen.newest and slot >= seen.newest - SLOTS_AHEAD then slot = seen.newest end
    for back = 0, SLOTS_BACK do
      local known = seen.slots[slot - back]
      fresh[back] = known and known.fresh or {}
      if known and known.stored then
        look_into(slot_key(prefix, seen.name, slot - back), known.sets, piece, copies)
      end
    end
    local now, before, long_before = fresh[0], fresh[1], fresh[2]
    for _, id in ipairs(piece.ids) do
      if copies[id] or now[id] or before[id] or long_before[id] then
        duplicates[#duplicates + 1] = position
      else
        if slot ~= seen.newest then
          open_slot(seen, slot)
          now = seen.slots[slot].fresh
        end
        now[id] = true
      end
      position = position + 1
    end
    local known = seen.slots[slot]
    if known then known.pieces[#known.pieces + 1], known.count = piece, known.count + #piece.ids end
  end
  return seen, position
end

local function remember(prefix, seen)
  if seen.new then
    -- The horizon may have been changed: what was remembered by another width is of no use any more.
    for _, other in ipairs(redis.call('HKEYS', prefix .. 'seen')) do
      if string.sub(other, 1, #seen.source) == seen.source then
        local slots = slots_of(redis.call('HGET', prefix .. 'seen', other))
        for slot, known in pairs(slots) do unlink_slot(slot_key(prefix, other, slot), known.sets) end
        redis.call('HDEL', prefix .. 'seen', other)
      end
    end
  end
  -- Before anything is added: after a clock that was wrong, a slot may be among these and open anew.
  for _, gone in ipairs(seen.gone) do unlink_slot(slot_key(prefix, seen.name, gone[1]), gone[2]) end
  local packed = {seen.newest}
  for slot, known in pairs(seen.slots) do
    for _, piece in ipairs(known.pieces) do add_to(slot_key(prefix, seen.name, slot), known.sets, piece) end
    packed[#packed + 1], packed[#packed + 2], packed[#packed + 3] = slot, known.sets, known.count
  end
  redis.call('HSET', prefix .. 'seen', seen.name, cmsgpack.pack(packed))
end

