-- Stores what holds for all sessions of a user. KEYS[1]: what is known of their sessions. ARGV: it, its epoch, the key's life in
-- seconds. What is newer stays.
local known = redis.call('HGET', KEYS[1], 'rights')
if known and tonumber(string.match(known, '^%d+')) > tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', KEYS[1], 'rights', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
