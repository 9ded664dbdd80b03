-- Takes a code back that was never sent, and the pause after it. KEYS: the code, the pause. ARGV: the task's id.
for _, key in ipairs(KEYS) do
  if redis.call('HGET', key, 'id') == ARGV[1] then
    redis.call('DEL', key)
  end
end
return 0
