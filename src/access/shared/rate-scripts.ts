// Requests a minute over all replicas, as scripts that the server runs in one step and by its own clock.
import type { SharedScript } from '../../io/shared/shared-door.ts';

/**
 * A replica that comes to a server, new or again, brings what it knows of each key: a server that restarted may have forgotten
 * or gone back. From the first replica that sees a new run on, nobody is served for `ARGV[2]` milliseconds, in which the others come too.
 * KEYS: epoch, then keys; ARGV: run, wait, then for each key the milliseconds until its bucket is full again: another server
 * may have another clock. Returns the server's time.
 */
export const ENTER: SharedScript = {
  name: 'enter',
  lua: `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local run, at = unpack(redis.call('HMGET', KEYS[1], 'run', 'at'))
if run ~= ARGV[1] then
  at = now
  redis.call('HSET', KEYS[1], 'run', ARGV[1], 'at', string.format('%.3f', now))
end
for place = 2, #KEYS do
  local told = now + ARGV[place + 1]
  local kept = tonumber(redis.call('GET', KEYS[place]) or '0')
  if told > kept then
    redis.call('SET', KEYS[place], string.format('%.4f', told), 'PX', math.ceil(told - now) + 1000)
  end
end
return string.format('%.4f', now)
`,
};

/**
 * The generic cell rate algorithm of `limits/rate.ts` over one number a key: when its bucket is full again, in milliseconds of the
 * server's clock. KEYS: epoch, then keys; ARGV: run, wait, then for each key the requests a minute and what the replica knows.
 * Returns 0, the time, and for each key the wait and the number; or a code other than 0 and nothing taken. No bucket can be further
 * from full than a whole minute: a number beyond was written by a clock that has gone back since, and does not count.
 */
export const TAKE: SharedScript = {
  name: 'take',
  lua: `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local run, at = unpack(redis.call('HMGET', KEYS[1], 'run', 'at'))
if run ~= ARGV[1] then return {-1} end
local settles = at + ARGV[2] - now
if settles > 0 then return {math.ceil(settles)} end
local answer = {0, string.format('%.4f', now)}
for place = 2, #KEYS do
  local interval = 60000 / ARGV[place * 2 - 1]
  local told = math.max(tonumber(redis.call('GET', KEYS[place]) or '0'), tonumber(ARGV[place * 2]))
  local full = math.min(told, now + 60000 + interval / 2)
  local following = math.max(full, now) + interval
  local wait = following - now - 60000 - interval / 2
  if wait > 0 then
    answer[#answer + 1] = string.format('%.4f', wait + interval / 2)
  else
    full = following
    answer[#answer + 1] = '0'
  end
  if full ~= told then
    redis.call('SET', KEYS[place], string.format('%.4f', full), 'PX', math.ceil(full - now) + 1000)
  end
  answer[#answer + 1] = string.format('%.4f', full)
end
return answer
`,
};
