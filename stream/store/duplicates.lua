-- What was seen before: the rule of stream.duplicates.Seen over the memory in Redis. Stands before apply.lua.
--
-- An id is decimal text: a number in Lua is exact up to 2^53 only. Its top bits choose the set that it is in.

local SLOTS_BACK, SLOTS_AHEAD = 2, 4

-- Ids in a set: half of what Redis keeps as one array of 8 bytes an id (set-max-intset-entries, 512), so that it stays
-- one although the number of sets follows from the slot before. At least 16 sets: traffic may grow sharply. At most
-- 16,384, for 4 to 8 million ids in half a horizon: they are unlinked in one go, which takes some 10 ms then.
local IDS_A_SET, LEAST_SETS, MOST_SETS = 256, 16, 16384

-- Values handed to one command: unpack() fails beyond 8,000.
local MAX_ARGS = 1000

local function set_key(prefix, name, slot, set) return string.format('%sx:%s:%.0f:%d', prefix, name, slot, set) end

-- Calls command(key, ids, their positions in the list) for each set that some of the ids belong to.
local function each_set(prefix, name, slot, sets, ids, command)
  local members, positions = {}, {}
  for i = 1, #ids do
    local set = math.floor(tonumber(ids[i]) / 2^50) % sets
    local there = members[set]
    if not there or #there == MAX_ARGS then
      if there then command(set_key(prefix, name, slot, set), there, positions[set]) end
      there = {}
      members[set], positions[set] = there, {}
    end
    there[#there + 1] = ids[i]
    positions[set][#there] = i
  end
  for set, there in pairs(members) do command(set_key(prefix, name, slot, set), there, positions[set]) end
end

local function unlink_slot(prefix, name, slot, sets)
  for first = 0, sets - 1, MAX_ARGS do
    local names = {}
    for set = first, math.min(first + MAX_ARGS, sets) - 1 do names[#names + 1] = set_key(prefix, name, slot, set) end
    redis.call('UNLINK', unpack(names))
  end
end

-- A memory as it is stored: newest slot, then for each slot its number, its number of sets and of ids.
local function slots_of(packed)
  local slots, list = {}, packed and cmsgpack.unpack(packed) or {}
  for i = 2, #list, 3 do
    slots[list[i]] = {sets = list[i + 1], count = list[i + 2], stored = true, fresh = {}, ids = {}}
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
  seen.slots[slot], seen.newest = {sets = sets, count = 0, fresh = {}, ids = {}}, slot
end

-- Judges the ids of one claim: tenant, width of a slot (ms), slot, ids, slot, ids ... in log order. Writes nothing.
-- duplicates: where to note those that were seen, by their position in the run; first: position of the first id here.
-- Returns what remember() will write, and the position after the last id.
local function judge(prefix, field, claim, duplicates, first)
  local source, position = claim[1] .. ':' .. field .. ':', first
  local seen = {source = source, name = source .. claim[2], gone = {}}
  local packed = redis.call('HGET', prefix .. 'seen', seen.name)
  seen.new = not packed
  seen.slots, seen.newest = slots_of(packed)
  for p = 3, #claim, 2 do
    local slot, ids, copies, fresh = claim[p], claim[p + 1], {}, {}
    if seen.newest and slot <= seen.newest and slot >= seen.newest - SLOTS_AHEAD then slot = seen.newest end
    for back = 0, SLOTS_BACK do
      local known = seen.slots[slot - back]
      fresh[back] = known and known.fresh or {}
      if known and known.stored then
        each_set(prefix, seen.name, slot - back, known.sets, ids, function(key, there, positions)
          for i, is in ipairs(redis.call('SMISMEMBER', key, unpack(there))) do
            if is == 1 then copies[positions[i]] = true end
          end
        end)
      end
    end
    for i, id in ipairs(ids) do
      if copies[i] or fresh[0][id] or fresh[1][id] or fresh[2][id] then
        duplicates[#duplicates + 1] = position
      else
        if slot ~= seen.newest then
          open_slot(seen, slot)
          fresh[0] = seen.slots[slot].fresh
        end
        local known = seen.slots[slot]
        known.fresh[id], known.ids[#known.ids + 1], known.count = true, id, known.count + 1
      end
      position = position + 1
    end
  end
  return seen, position
end

local function remember(prefix, seen)
  if seen.new then
    -- The horizon may have been changed: what was remembered by another width is of no use any more.
    for _, other in ipairs(redis.call('HKEYS', prefix .. 'seen')) do
      if string.sub(other, 1, #seen.source) == seen.source then
        local slots = slots_of(redis.call('HGET', prefix .. 'seen', other))
        for slot, known in pairs(slots) do unlink_slot(prefix, other, slot, known.sets) end
        redis.call('HDEL', prefix .. 'seen', other)
      end
    end
  end
  -- Before anything is added: after a clock that was wrong, a slot may be among these and open anew.
  for _, gone in ipairs(seen.gone) do unlink_slot(prefix, seen.name, gone[1], gone[2]) end
  local packed = {seen.newest}
  for slot, known in pairs(seen.slots) do
    each_set(prefix, seen.name, slot, known.sets, known.ids, function(key, there)
      redis.call('SADD', key, unpack(there))
    end)
    packed[#packed + 1], packed[#packed + 2], packed[#packed + 3] = slot, known.sets, known.count
  end
  redis.call('HSET', prefix .. 'seen', seen.name, cmsgpack.pack(packed))
end

