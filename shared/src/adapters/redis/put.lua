-- KEYS: the value, the right to make it. ARGV: the writer's token or '', version, fresh until in ms, life in ms, the value unless
-- there is none. Answers 1 if it was stored, 0 if a newer version is there, or nothing and the right is not the writer's.

-- Decimal numbers without leading zeros; a Lua number would lose digits beyond 2^53.
local function below(a, b)
  return #a < #b or (#a == #b and a < b)
end

local own = redis.call('GET', KEYS[2]) == ARGV[1]
redis.call('DEL', KEYS[2])
local version = redis.call('HGET', KEYS[1], 'version')
if version and below(ARGV[2], version) or not version and not own then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'fresh_until', ARGV[3])
if ARGV[5] then
  redis.call('HSET', KEYS[1], 'value', ARGV[5])
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
