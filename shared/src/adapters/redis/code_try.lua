-- Tries a code. KEYS: the code. ARGV: the hash of what was typed, now in ms, wrong tries that end a code, the try's id.
-- Answers -2 if it is the code, -1 if there is none, else the wrong tries that are left. The same try asks again with the same
-- answer, as long as no other came in between.
local code = redis.call('HMGET', KEYS[1], 'hash', 'until', 'tries', 'last', 'answer')
if code[4] == ARGV[4] then
  return tonumber(code[5])
end
-- A code that was used or ended has no hash any more.
if not code[1] or tonumber(code[2]) <= tonumber(ARGV[2]) then
  return -1
end
local answer = -2
if code[1] ~= ARGV[1] then
  answer = ARGV[3] - redis.call('HINCRBY', KEYS[1], 'tries', 1)
end
if answer <= 0 then
  redis.call('HDEL', KEYS[1], 'hash')
end
redis.call('HSET', KEYS[1], 'last', ARGV[4], 'answer', answer)
return answer
