-- KEYS: the value. ARGV: the version that the process holds.
-- Answers version and freshness of that version; with the value (nil if there is none) of another; nils if nothing is cached.
local entry = redis.call('HMGET', KEYS[1], 'version', 'fresh_until')
if entry[1] == ARGV[1] then
  return entry
end
return { entry[1], entry[2], redis.call('HGET', KEYS[1], 'value') }
