-- Counts that somebody reads an article, unless they have within the hour. KEYS: who has read it in this hour, the views of its part that
-- wait. ARGV: the reader, the life of the hour's readers in ms, the article, now in ms. Answers 1 if the view was counted.
if redis.call('SADD', KEYS[1], ARGV[1]) == 0 then
  return 0
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('HSETNX', KEYS[2], 'since', ARGV[4])
redis.call('HINCRBY', KEYS[2], ARGV[3], 1)
return 1
