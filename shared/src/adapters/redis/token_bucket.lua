-- Takes tokens from the bucket KEYS[1], one after the other.
-- ARGV: now in ms, tokens that the bucket holds, ms in which an empty one is full again, how many are asked for.
-- Answers for each: 1 if there was a token, tokens left, ms until the next token (if none is left) or until the bucket is full.
--
-- The bucket is kept as what was used of it and when: nothing runs to refill it. A clock that is behind another instance's
-- refills nothing and takes nothing back.
local now, size, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'used', 'at')
local used, at = tonumber(kept[1]) or 0, tonumber(kept[2]) or now
if now > at then
  used = math.max(0, used - (now - at) * size / window)
  at = now
end
local answers, taken = {}, false
for place = 1, tonumber(ARGV[4]) do
  local allowed = 0
  if used + 1 <= size then
    used = used + 1
    allowed, taken = 1, true
  end
  local left = math.floor(size - used)
  local missing = used
  if left < 1 then
    missing = used + 1 - size
  end
  answers[place] = { allowed, left, math.ceil(missing * window / size) }
end
if taken then
  redis.call('HSET', KEYS[1], 'used', string.format('%.17g', used), 'at', string.format('%d', at))
  redis.call('PEXPIRE', KEYS[1], window)
end
return answers
