-- KEYS: values. ARGV: for each the version that the process holds.
-- Answers for each: version and freshness of that version; with the value (nil if there is none) of another; nils if nothing is
-- cached; what is wrong with it if it is no such value.
local answers = {}
for place, key in ipairs(KEYS) do
  local entry = redis.pcall('HMGET', key, 'version', 'fresh_until')
  if entry.err then
    entry = entry.err
  elseif entry[1] ~= ARGV[place] then
    entry = { entry[1], entry[2], redis.call('HGET', key, 'value') }
  end
  answers[place] = entry
end
return answers
