-- Stores a code, unless the last one was stored too recently.
-- KEYS: the code, the pause after it. ARGV: the task's id, the hash, now in ms, the code's life in ms, the pause in ms.
-- Answers 0 if it was stored, else ms until the next may be. The same task asks again with the same answer.
local now = tonumber(ARGV[3])
local pause = redis.call('HMGET', KEYS[2], 'id', 'until')
if pause[1] == ARGV[1] then
  return 0
end
-- A clock that was set back does not prolong the pause.
local left = (tonumber(pause[2]) or now) - now
if left > 0 and left <= tonumber(ARGV[5]) then
  return left
end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'id', ARGV[1], 'hash', ARGV[2], 'tries', 0, 'until', string.format('%d', now + ARGV[4]))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('HSET', KEYS[2], 'id', ARGV[1], 'until', string.format('%d', now + ARGV[5]))
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return 0
