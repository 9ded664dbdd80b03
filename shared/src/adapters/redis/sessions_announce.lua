-- Stores what holds for all sessions of a user. KEYS[1]: what is known of their sessions. ARGV: it, its epoch, the key's life in
-- seconds. What is newer stays. What has no epoch is nothing that anybody can read, and makes room.
local known = redis.call('HGET', KEYS[1], 'rights')
local epoch = known and tonumber(string.match(known, '^%d+'))
if epoch and epoch > tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', KEYS[1], 'rights', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
