-- Lets somebody read the table's counters in order to store them. KEYS: the counters, the moves that the table does not have yet, the
-- right to store, who is writing to the table. ARGV: when a move is too old to count in ms, a token, the right's life in ms, now in ms.
-- Answers the counters if they are there; else how far the table is behind, likes and collects, and the token if it is who may store:
-- none if somebody else is about to, or if somebody is writing, so that nobody knows whether what is read has it.
local known = redis.call('HMGET', KEYS[1], 'value', 'n')
if known[1] then
  if tonumber(known[2]) == redis.call('ZCARD', KEYS[2]) then
    return known[1]
  end
  -- The moves that the counters have were lost, or others are there: nobody would ever take them out. Whoever stored them has the
  -- right no longer.
  redis.call('DEL', KEYS[1], KEYS[3])
end
local behind = { l = 0, c = 0 }
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf')) do
  local counter = string.sub(name, 1, 1)
  behind[counter] = behind[counter] + (string.sub(name, 2, 2) == '+' and 1 or -1)
end
if redis.call('ZCOUNT', KEYS[4], '(' .. ARGV[4], '+inf') > 0 then
  return { behind.l, behind.c, false }
end
redis.call('SET', KEYS[3], ARGV[2], 'NX', 'PX', ARGV[3])
-- Whoever asks again, as the answer was lost, has it still.
return { behind.l, behind.c, redis.call('GET', KEYS[3]) == ARGV[2] and ARGV[2] }
