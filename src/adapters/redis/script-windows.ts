/**
 * First part of the script, see script.ts: the clock, and one window of one bucket. `given` is '' but in tests, whose
 * clock Redis does not know; its keys then live an hour longer than they have to.
 */
export const WINDOWS = `
local DAY_MS = 86400000
local floor, ceil, max, min = math.floor, math.ceil, math.max, math.min
local time = redis.call('TIME')
local serverNow = time[1] * 1000 + floor(time[2] / 1000)
-- Of the call that is being answered, as all that follows.
local now, slack, paidAt

local function setClock(given)
  now, slack = serverNow, 0
  if given ~= '' then now, slack = tonumber(given), 3600000 end
end

local function monthOf(ms)
  local z = floor(ms / DAY_MS) + 719468
  local era = floor(z / 146097)
  local doe = z - era * 146097
  local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
  local mp = floor((5 * doy + 2) / 153)
  local month = mp < 10 and mp + 2 or mp - 10
  return (yoe + era * 400 + (month < 2 and 1 or 0)) * 12 + month
end

local function monthStart(id)
  local year, month = floor(id / 12), id % 12
  if month < 2 then year = year - 1 end
  local era = floor(year / 400)
  local yoe = year - era * 400
  local doy = floor((153 * (month < 2 and month + 10 or month - 2) + 2) / 5)
  return (era * 146097 + yoe * 365 + floor(yoe / 4) - floor(yoe / 100) + doy - 719468) * DAY_MS
end

local function unitOf(place, ms) return place == 3 and floor(ms / DAY_MS) or monthOf(ms) end
local function unitEnd(place, id) return place == 3 and (id + 1) * DAY_MS or monthStart(id + 1) end

local function total(cell)
  local sum = 0
  for i = 2, #cell, 2 do sum = sum + cell[i] end
  return sum
end

-- Drops what has left the window; a clock that was set back has all that is counted happen now.
local function settle(bucket, cell, length)
  local n, time = #cell, now
  if n == 0 then return time end
  local newest = cell[n - 1]
  if newest > now and newest - now <= 1000 then time = newest
  elseif newest > now then
    local sum = total(cell)
    for i = n, 3, -1 do cell[i] = nil end
    cell[1], cell[2], n, bucket.moved = now, sum, 2, true
  end
  local gone = 0
  while gone < n and cell[gone + 1] + length <= time do gone = gone + 2 end
  if gone > 0 then
    for i = 1, n do cell[i] = cell[i + gone] end
  end
  return time
end

local function sameSlot(a, b, length)
  local slot = length / 15
  return floor(a / slot) == floor(b / slot)
end

local function slidingAdd(bucket, cell, length, cost)
  local time = settle(bucket, cell, length)
  local n = #cell
  if n == 32 or (n > 0 and sameSlot(cell[n - 1], time, length)) then
    cell[n - 1], cell[n] = time, cell[n] + cost
  else
    cell[n + 1], cell[n + 2] = time, cost
  end
end

-- One unit back is a clock that wavers about midnight; further back is a clock set right.
local function turn(bucket, cell, place)
  local id, counted = unitOf(place, now), cell[1]
  if id == counted or id == counted - 1 then return end
  if id > counted then cell[2], cell[3] = 0, 0 else bucket.moved = true end
  cell[1] = id
end

local function resetMs(bucket, window)
  local place = window[1]
  local cell = bucket[place]
  if not cell then return 0 end
  if place == 3 or place == 4 then
    turn(bucket, cell, place)
    return max(1, ceil(unitEnd(place, cell[1]) - now))
  end
  local time = settle(bucket, cell, window[3])
  return #cell == 0 and 0 or ceil(cell[#cell - 1] + window[3] - time)
end

local function slidingWait(bucket, cell, most, length, cost)
  settle(bucket, cell, length)
  local excess, left = total(cell) + cost - most, 0
  if excess <= 0 then return 0 end
  for i = 1, #cell, 2 do
    left = left + cell[i + 1]
    if left >= excess then return max(1, ceil(cell[i] + length - now)) end
  end
  return length
end

local function waitMs(bucket, window, cost)
  local place, most = window[1], window[2]
  local cell = bucket[place]
  if place < 3 then return slidingWait(bucket, cell or {}, most, window[3], cost) end
  if not cell then
    if cost <= most then return 0 end
    return max(1, ceil(unitEnd(place, unitOf(place, now)) - now))
  end
  turn(bucket, cell, place)
  return cell[2] + cost <= most and 0 or resetMs(bucket, window)
end

local function remaining(bucket, window)
  local cell = bucket[window[1]]
  if not cell then return window[2] end
  return max(0, window[2] - (window[1] < 3 and total(cell) or cell[2]))
end
`
