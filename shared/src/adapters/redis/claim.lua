-- KEYS: the value, the right to make it. ARGV: token, the right's life in ms, now in ms, the version that the process holds or ''.
-- Answers GRANTED, HELD, or a value that is fresh, as read.lua does. The same token asks again with the same answer.
local entry = redis.call('HMGET', KEYS[1], 'version', 'fresh_until')
if entry[1] and tonumber(entry[2]) > tonumber(ARGV[3]) then
  if entry[1] == ARGV[4] then
    return entry
  end
  return { entry[1], entry[2], redis.call('HGET', KEYS[1], 'value') }
end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) or redis.call('GET', KEYS[2]) == ARGV[1] then
  return { ok = 'GRANTED' }
end
return { ok = 'HELD' }
