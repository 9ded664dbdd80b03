-- Gives a message its time, so that no stretch of the window's length holds more than there may be.
-- KEYS: the times given, by message. ARGV: now in ms, messages, the window in ms, the longest wait in ms, the message's id.
-- Answers ms from now until the message's time, or, negative, until what would have been its time if that is too late.
-- Times are given in ascending order, so the last so many are all that matter: no more are kept.
local now, size, window, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local known = redis.call('ZSCORE', KEYS[1], ARGV[5])
if known then
  return math.max(0, tonumber(known) - now)
end
local at = now
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
if last then
  at = math.max(at, tonumber(last))
end
local first = redis.call('ZRANGE', KEYS[1], -size, -size, 'WITHSCORES')[2]
if first then
  at = math.max(at, tonumber(first) + window)
end
if at - now > longest then
  return now - at
end
redis.call('ZADD', KEYS[1], at, ARGV[5])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -size - 1)
redis.call('PEXPIRE', KEYS[1], window + longest)
return at - now
