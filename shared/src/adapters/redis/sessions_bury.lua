-- Stores that a session has ended. KEYS[1]: what is known of its user's sessions. ARGV: the session, its tombstone, the key's life in
-- seconds.
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
