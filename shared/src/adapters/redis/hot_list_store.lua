-- KEYS: the list. ARGV: its version, the list, its life in ms.
-- Answers 1 if it was stored, 0 if what is there is as new.

-- Decimal numbers without leading zeros; a Lua number would lose digits beyond 2^53.
local function below(a, b)
  return #a < #b or (#a == #b and a < b)
end

local version = redis.call('HGET', KEYS[1], 'version')
if version and not below(version, ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'list', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
