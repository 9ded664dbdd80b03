-- Says that the table's counters are about to be moved: what is read of them from now on may have it or not. KEYS: who is writing to the
-- table, the right to store. ARGV: who is, until when at the most in ms, the same as a life in ms, now in ms.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[4])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('DEL', KEYS[2])
return 1
