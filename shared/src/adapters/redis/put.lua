-- KEYS: the value, the right to make it. ARGV: version, fresh until in ms, life in ms, the value unless there is none.
-- Answers 1 if it replaced another version, 0 if nothing was there or a newer version is.

-- Decimal numbers without leading zeros; a Lua number would lose digits beyond 2^53.
local function below(a, b)
  return #a < #b or (#a == #b and a < b)
end

redis.call('DEL', KEYS[2])
local version = redis.call('HGET', KEYS[1], 'version')
if not version or below(ARGV[1], version) then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'fresh_until', ARGV[2])
if ARGV[4] then
  redis.call('HSET', KEYS[1], 'value', ARGV[4])
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
