-- Remembers a session's state. KEYS[1]: what is known of its user's sessions. ARGV: the session, its state, now in milliseconds, the
-- key's life in seconds, how many fields the key may have. A tombstone stays, and so does a life that is still remembered.
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known then
  local til = tonumber(string.match(known, '^live (%d+)'))
  if not til or til > tonumber(ARGV[3]) then
    return 0
  end
elseif redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[5]) then
  -- All or nothing: to forget a life and keep a death would do as well, but not the other way round.
  redis.call('DEL', KEYS[1])
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
