-- Notes a move of a counter that was just committed, unless the table's counter has it already. KEYS: the counters, the moves that the
-- table does not have yet, the moves that were settled a moment ago. ARGV: when a move is too old to count in ms, the move's name, its
-- counter (l or c), 1 or -1, now in ms, the life of moves in ms. Answers as counters_look.lua.
if redis.call('EXISTS', KEYS[1]) == 1 and tonumber(redis.call('HGET', KEYS[1], 'n') or -1) ~= redis.call('ZCARD', KEYS[2]) then
  -- The moves that the counters have were lost, or others are there: nobody would ever take them out.
  redis.call('DEL', KEYS[1])
end
if not redis.call('ZSCORE', KEYS[3], ARGV[2]) and redis.call('ZADD', KEYS[2], 'NX', ARGV[5], ARGV[2]) == 1 then
  redis.call('PEXPIRE', KEYS[2], ARGV[6])
  if redis.call('EXISTS', KEYS[1]) == 1 then
    redis.call('HINCRBY', KEYS[1], ARGV[3], ARGV[4])
    redis.call('HINCRBY', KEYS[1], 'n', 1)
    redis.call('HINCRBY', KEYS[1], 'version', 1)
    local now = redis.call('HMGET', KEYS[1], 'likes', 'l', 'collects', 'c', 'comments', 'reads', 'version')
    redis.call('HSET', KEYS[1], 'value', string.format('{"likes":%.0f,"collects":%.0f,"comments":%s,"reads":%s,"version":%s}',
      math.max(0, now[1] + now[2]), math.max(0, now[3] + now[4]), now[5], now[6], now[7]))
  end
end
local value = redis.call('HGET', KEYS[1], 'value')
if value then
  return value
end
return redis.call('ZCOUNT', KEYS[2], '(' .. ARGV[1], '+inf')
