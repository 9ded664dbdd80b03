-- Notes one call in the window KEYS[1], unless it is full.
-- ARGV: now in ms, calls that the window takes, its length in ms, a name that no other call has.
-- Answers: 1 if the call was taken, calls left, ms until the next is possible (if none is left) or until all calls are gone.
local now, size, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local count = redis.call('ZCARD', KEYS[1])
local allowed = 0
if count < size then
  redis.call('ZADD', KEYS[1], now, ARGV[4])
  redis.call('PEXPIRE', KEYS[1], window)
  count = count + 1
  allowed = 1
end
local edge = 0
if count >= size then
  edge = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
else
  edge = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
end
return { allowed, size - count, math.max(0, tonumber(edge) + window - now) }
