-- Forgets an article's counters. KEYS: the counters, the right to store. ARGV: the version in the table below which they are stale.
redis.call('DEL', KEYS[2])
local base = redis.call('HGET', KEYS[1], 'base')
-- The highest version there is, 2^64 - 1, may lose digits: it is above all others still.
if base and tonumber(base) < tonumber(ARGV[1]) then
  return redis.call('DEL', KEYS[1])
end
return 0
