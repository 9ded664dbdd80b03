-- What is known of an article's counters. KEYS: the counters, the moves that the table does not have yet. ARGV: when a move is too old to
-- count, in ms. Answers the counters, or whether the table's counters lack something.
local value = redis.call('HGET', KEYS[1], 'value')
if value then
  return value
end
return redis.call('ZCOUNT', KEYS[2], '(' .. ARGV[1], '+inf')
