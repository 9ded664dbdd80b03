-- KEYS: the value, the right to make it. ARGV: the version below which it is stale.
-- Answers 1 if it was removed.

-- Decimal numbers without leading zeros; a Lua number would lose digits beyond 2^53.
local function below(a, b)
  return #a < #b or (#a == #b and a < b)
end

redis.call('DEL', KEYS[2])
local version = redis.call('HGET', KEYS[1], 'version')
if version and below(version, ARGV[1]) then
  return redis.call('DEL', KEYS[1])
end
return 0
