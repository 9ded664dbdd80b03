-- Stores the table's counters, for no longer than their oldest move is believed. KEYS: the counters, the moves that the table does not
-- have yet, the right to store. ARGV: when a move is too old to count in ms, the token, a version that was never used, until when they
-- are fresh in ms, their life in ms; of the table: version, likes, collects, comments, reads. Answers the counters, or nothing if the
-- right was lost.
if redis.call('GET', KEYS[3]) ~= ARGV[2] then
  return false
end
local base = redis.call('HGET', KEYS[1], 'base')
if base and tonumber(base) >= tonumber(ARGV[6]) then
  return redis.call('HGET', KEYS[1], 'value')
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[1])
local behind, names = { l = 0, c = 0 }, redis.call('ZRANGE', KEYS[2], 0, -1)
for _, name in ipairs(names) do
  local counter = string.sub(name, 1, 1)
  behind[counter] = behind[counter] + (string.sub(name, 2, 2) == '+' and 1 or -1)
end
local value = string.format('{"likes":%.0f,"collects":%.0f,"comments":%s,"reads":%s,"version":%s}',
  math.max(0, ARGV[7] + behind.l), math.max(0, ARGV[8] + behind.c), ARGV[9], ARGV[10], ARGV[3])
local oldest, life = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2], tonumber(ARGV[5])
if oldest then
  life = math.min(life, oldest - ARGV[1])
end
local fresh_until = string.format('%.0f', ARGV[4] - ARGV[5] + life)
redis.call('HSET', KEYS[1], 'version', ARGV[3], 'fresh_until', fresh_until, 'value', value, 'base', ARGV[6],
  'likes', ARGV[7], 'collects', ARGV[8], 'comments', ARGV[9], 'reads', ARGV[10], 'l', behind.l, 'c', behind.c, 'n', #names)
redis.call('PEXPIRE', KEYS[1], life)
return value
