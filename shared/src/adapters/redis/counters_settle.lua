-- Takes out moves that the table's counters have now, and has the stored counters have them. KEYS: the counters, the moves that the table
-- does not have yet, the right to store, the moves that were settled a moment ago, who is writing to the table. ARGV: when a move is too
-- old to count in ms, now in ms, how long it is known that a move was settled in ms, until when the counters are fresh in ms, their life
-- in ms; of the table: version, likes, collects, comments, reads; who was writing, 1 if some of the moves were in the table before;
-- then the names of the moves.
local there = redis.call('EXISTS', KEYS[1]) == 1
if there and tonumber(redis.call('HGET', KEYS[1], 'n') or -1) ~= redis.call('ZCARD', KEYS[2]) then
  -- The moves that the counters have were lost, or others are there: nobody would ever take them out.
  redis.call('DEL', KEYS[1])
  there = false
end
local done = { l = 0, c = 0 }
local function out(name)
  if redis.call('ZREM', KEYS[2], name) == 0 then
    return false
  end
  local counter, by = string.sub(name, 1, 1), string.sub(name, 2, 2) == '+' and 1 or -1
  done[counter] = done[counter] + by
  if there then
    redis.call('HINCRBY', KEYS[1], counter, -by)
    redis.call('HINCRBY', KEYS[1], 'n', -1)
  end
  return true
end
-- What nobody has settled for so long never will be: whoever should have done it could not reach us.
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1])) do
  out(name)
end
done = { l = 0, c = 0 }
local unknown = false
for place = 13, #ARGV do
  if not out(ARGV[place]) then
    unknown = true
  end
  -- It may be noted later, or again: what was sent and not answered is sent twice.
  redis.call('ZADD', KEYS[4], ARGV[2], ARGV[place])
end
if #ARGV > 12 then
  redis.call('PEXPIRE', KEYS[4], ARGV[3])
end
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', ARGV[2] - ARGV[3])
redis.call('ZREM', KEYS[5], ARGV[11])
-- Whoever is about to store what they have read may have read what was before.
redis.call('DEL', KEYS[3])
if not there then
  return 0
end
local known = redis.call('HMGET', KEYS[1], 'base', 'top')
local base, version = tonumber(known[1]), tonumber(ARGV[6])
local top = math.max(base, tonumber(known[2]) or 0)
if base < version then
  -- What the table said may have the moves of others who are still writing, or lack those of others who were faster to settle.
  local alone = redis.call('ZCOUNT', KEYS[5], '(' .. ARGV[2], '+inf') == 0 and version >= top
  if alone then
    local oldest, life = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2], tonumber(ARGV[5])
    if oldest then
      life = math.min(life, oldest - ARGV[1])
    end
    redis.call('HSET', KEYS[1], 'base', ARGV[6], 'likes', ARGV[7], 'collects', ARGV[8], 'comments', ARGV[9], 'reads', ARGV[10],
      'fresh_until', string.format('%.0f', ARGV[4] - ARGV[5] + life))
    redis.call('PEXPIRE', KEYS[1], life)
  elseif unknown or ARGV[12] == '1' then
    -- Nobody knows whether the counters have what was not noted, or what was in the table before.
    return redis.call('DEL', KEYS[1])
  else
    redis.call('HINCRBY', KEYS[1], 'likes', done.l)
    redis.call('HINCRBY', KEYS[1], 'collects', done.c)
    redis.call('HSET', KEYS[1], 'top', string.format('%.0f', math.max(top, version)))
  end
end
redis.call('HINCRBY', KEYS[1], 'version', 1)
local now = redis.call('HMGET', KEYS[1], 'likes', 'l', 'collects', 'c', 'comments', 'reads', 'version')
redis.call('HSET', KEYS[1], 'value', string.format('{"likes":%.0f,"collects":%.0f,"comments":%s,"reads":%s,"version":%s}',
  math.max(0, now[1] + now[2]), math.max(0, now[3] + now[4]), now[5], now[6], now[7]))
return 1
