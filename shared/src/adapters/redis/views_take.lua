-- Answers some of the views of a part that are to be moved into the table. KEYS: the views that wait, the batch that is being moved, the
-- last batch's number. ARGV: how many articles are wanted, 1 if what waits is to become the batch, a batch's number or '', then the
-- articles of that batch that are in the table by now. Answers whether the last number was there, 1 if the batch was made now, its number
-- if there is one, and articles with their views by turns.
--
-- The batch's number lies in it, so that neither is lost without the other.
local known = redis.call('SETNX', KEYS[3], '0') == 0 and 1 or 0
local batch = redis.call('HGET', KEYS[2], 'since')
if batch and batch == ARGV[3] then
  for place = 4, #ARGV do
    redis.call('HDEL', KEYS[2], ARGV[place])
  end
  if redis.call('HLEN', KEYS[2]) == 1 then
    redis.call('DEL', KEYS[2])
    batch = false
  end
end
local fresh = 0
if not batch and ARGV[2] == '1' and redis.call('EXISTS', KEYS[1]) == 1 then
  local since = tonumber(redis.call('HGET', KEYS[1], 'since'))
  batch = string.format('%.0f', math.max(since, redis.call('GET', KEYS[3]) + 1))
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[2], 'since', batch)
  redis.call('SET', KEYS[3], batch)
  fresh = 1
end
if not batch then
  return { known, fresh, false, {} }
end
-- One more, for the number may be among them.
return { known, fresh, batch, redis.call('HRANDFIELD', KEYS[2], ARGV[1] + 1, 'WITHVALUES') }
