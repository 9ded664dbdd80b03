-- KEYS: the list. ARGV: the version that whoever asks holds, or "".
-- Answers the version alone if it is that one, else version and list.

local version = redis.call('HGET', KEYS[1], 'version')
if version and version == ARGV[1] then
  return {version}
end
return redis.call('HMGET', KEYS[1], 'version', 'list')
