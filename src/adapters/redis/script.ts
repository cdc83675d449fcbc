import { WINDOWS } from './script-windows.ts'

/** What a call of the script asks for. */
export type ScriptMode = 'charge' | 'read' | 'refund'

/**
 * One script for all that is done to buckets, so that nothing comes between looking and taking. It counts as
 * counters/sliding.ts and counters/calendar.ts do; the same contract test runs against both.
 *
 * It answers many calls at once, one after the other, as if each had been sent by itself. KEYS: the buckets of all
 * charges of all calls. ARGV: how many limits; each limit as JSON; then for each call its mode, the time in ms ('' for
 * the server's own), the time of the charge that is given back or '', how many charges, and for each of them its cost
 * and the number of its limit.
 *
 * A bucket is one string: cmsgpack of { first sliding window, second, day, month, refusals, shut until }, each false
 * while there is none. A sliding window is { time, count, time, count ... }, oldest first; a quota is
 * { number of its day or month, count, warnings given as bits }.
 *
 * Answers for each call { time, index of the refusing charge or -1, 1 for a cooldown, wait, then three for each charge:
 * what is left, ms until it is back, window, then pairs of a charge and the index of its warning }; { time } for a
 * `refund`; the text of the error for a call that failed, which leaves the others alone.
 */
export const SCRIPT = `${WINDOWS}
local nextArg, nextKey = 1, 1
local function arg()
  nextArg = nextArg + 1
  return ARGV[nextArg - 1]
end

local limits = {}
for i = 1, tonumber(arg()) do limits[i] = cjson.decode(arg()) end

-- What has been read stays for the calls that follow: many of them share a bucket.
local buckets, charges, out = {}, {}, {}

local function bucketOf(key)
  local bucket = buckets[key]
  if not bucket then
    local text = redis.call('GET', key)
    bucket = text and cmsgpack.unpack(text) or { false, false, false, false, false, false }
    bucket.exists = text and true
    buckets[key] = bucket
  end
  bucket.asked = 0
  return bucket
end

local function shutRest(charge)
  local bucket, cooldown = charge.bucket, charge.c
  if not cooldown or not bucket[6] then return 0 end
  local rest = bucket[6] - now
  if rest <= 0 then
    bucket[6] = false
    return 0
  end
  if rest > cooldown[3] then
    rest = cooldown[3]
    bucket[6], bucket.moved = now + rest, true
  end
  return rest
end

local function findShut()
  local index, longest = -1, 0
  for i, charge in ipairs(charges) do
    local rest = shutRest(charge)
    if rest > longest then index, longest = i - 1, rest end
  end
  return index, longest
end

local function offend(charge)
  local bucket, cooldown = charge.bucket, charge.c
  if not cooldown or bucket[6] then return end
  bucket[5], bucket.moved = bucket[5] or {}, true
  slidingAdd(bucket, bucket[5], cooldown[2], 1)
  if total(bucket[5]) >= cooldown[1] then bucket[5], bucket[6] = false, now + cooldown[3] end
end

local function check()
  local refused, longest, which = -1, 0, nil
  for i, charge in ipairs(charges) do
    local bucket, wait, tightest = charge.bucket, 0, nil
    bucket.asked = bucket.asked + charge.cost
    for j, window in ipairs(charge.w) do
      local ms = waitMs(bucket, window, bucket.asked)
      if ms > wait then wait, tightest = ms, j end
    end
    if wait > 0 then offend(charge) end
    if wait > longest then refused, longest, which = i - 1, wait, tightest end
  end
  return refused, longest, which
end

local function warn(cell, window, index, warned)
  for i, share in ipairs(window[3]) do
    local bit = 2 ^ (i - 1)
    if cell[2] >= share and floor(cell[3] / bit) % 2 == 0 then
      cell[3] = cell[3] + bit
      warned[#warned + 1], warned[#warned + 2] = index, i - 1
    end
  end
end

local function take(charge, index, warned)
  local bucket = charge.bucket
  for _, window in ipairs(charge.w) do
    local place = window[1]
    bucket.moved = true
    if place < 3 then
      bucket[place] = bucket[place] or {}
      slidingAdd(bucket, bucket[place], window[3], charge.cost)
    else
      local cell = bucket[place] or { unitOf(place, now), 0, 0 }
      bucket[place] = cell
      turn(bucket, cell, place)
      cell[2] = cell[2] + charge.cost
      warn(cell, window, index, warned)
    end
  end
end

local function giveBack(bucket, window, cost)
  local place = window[1]
  local cell = bucket[place]
  if not cell then return end
  if place > 2 then
    if cell[1] == unitOf(place, paidAt) then cell[2] = cell[2] - min(cost, cell[2]) end
    return
  end
  for i = 1, #cell, 2 do
    if sameSlot(cell[i], paidAt, window[3]) then
      cell[i + 1] = cell[i + 1] - min(cost, cell[i + 1])
      if i + 1 == #cell and cell[i + 1] == 0 then cell[i], cell[i + 1] = nil, nil end
      return
    end
  end
end

local function save(charge, ttl)
  local b = charge.bucket
  local text = cmsgpack.pack({ b[1], b[2], b[3], b[4], b[5], b[6] })
  redis.call('SET', charge.key, text, 'PX', max(1, ttl) + slack)
  charge.bucket.exists = true
end

local function lifetime(charge)
  local bucket, ttl = charge.bucket, 0
  for _, window in ipairs(charge.w) do ttl = max(ttl, resetMs(bucket, window)) end
  if charge.c then ttl = max(ttl, resetMs(bucket, { 5, 0, charge.c[2] }), shutRest(charge)) end
  return ttl
end

local function tell(charge, only)
  local left, back, tightest = -1, 0, 0
  for i, window in ipairs(charge.w) do
    if not only or only == i then
      local reset = resetMs(charge.bucket, window)
      local rest = remaining(charge.bucket, window)
      if left < 0 or rest < left or (rest == left and reset > back) then
        left, back, tightest = rest, reset, i - 1
      end
    end
  end
  local shut = shutRest(charge)
  if shut > 0 then left, back, tightest = 0, shut, 0 end
  out[#out + 1], out[#out + 2], out[#out + 3] = left, back, tightest
end

local function refund()
  for _, charge in ipairs(charges) do
    if charge.bucket.exists then
      for _, window in ipairs(charge.w) do giveBack(charge.bucket, window, charge.cost) end
      local ttl = redis.call('PTTL', charge.key)
      save(charge, ttl > 0 and ttl or 31 * DAY_MS)
    end
  end
end

local function judge()
  local refused, longest = findShut()
  if refused >= 0 then return refused, longest, 1, nil end
  local which
  refused, longest, which = check()
  local shut, rest = findShut()
  if shut >= 0 then return shut, rest, 1, nil end
  return refused, longest, 0, which
end

local function answer(mode)
  for _, charge in ipairs(charges) do charge.bucket = bucketOf(charge.key) end
  out = { now }
  if mode == 'refund' then return refund() end
  local refused, longest, cause, which = -1, 0, 0, nil
  if mode == 'charge' then refused, longest, cause, which = judge() end
  out[2], out[3], out[4] = refused, cause, longest
  local warned = {}
  for i, charge in ipairs(charges) do
    if mode == 'charge' and refused < 0 then take(charge, i - 1, warned) end
    tell(charge, refused == i - 1 and which or nil)
  end
  for _, charge in ipairs(charges) do
    if mode == 'charge' and charge.bucket.moved then
      charge.bucket.moved = false
      save(charge, lifetime(charge))
    end
  end
  for _, value in ipairs(warned) do out[#out + 1] = value end
end

local function readCall()
  local mode = arg()
  setClock(arg())
  paidAt = tonumber(arg())
  charges = {}
  for i = 1, tonumber(arg()) do
    local cost, limit = tonumber(arg()), limits[tonumber(arg())]
    charges[i] = { key = KEYS[nextKey], cost = cost, w = limit.w, c = limit.c }
    nextKey = nextKey + 1
  end
  return mode
end

local answers = {}
while nextArg <= #ARGV do
  local ok, problem = pcall(answer, readCall())
  if not ok then
    -- What is half done must not go on counting.
    for _, charge in ipairs(charges) do buckets[charge.key] = nil end
    out = type(problem) == 'table' and problem.err or tostring(problem)
  end
  answers[#answers + 1] = out
end
return answers
`
