"""Rate limits counted in Valkey by one script, so that all processes together allow exactly the limit.

While Valkey is unavailable, each process counts alone, with half of the limit: no user is locked out, and no limit is
off.
"""

import secrets
import time
from collections import OrderedDict, deque

from efir.adapters.redis.connection import Script, Valkey, ValkeyUnavailable
from efir.domain.kernel.rate_limits import Rate, Verdict

MAX_KEYS = 10_000
TAKE = Script(
    """
local now = redis.call('TIME')
local at = now[1] * 1000 + math.floor(now[2] / 1000)
local worst, allowed, left, wait = 1, 1, nil, 0
for i, key in ipairs(KEYS) do
  local amount, window = tonumber(ARGV[i * 2]), tonumber(ARGV[i * 2 + 1]) * 1000
  redis.call('ZREMRANGEBYSCORE', key, '-inf', at - window)
  local used = redis.call('ZCARD', key)
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  local reset = first[2] and math.max(0, first[2] + window - at) or window
  if used >= amount then
    if allowed == 1 or reset > wait then worst, left, wait = i, 0, reset end
    allowed = 0
  elseif allowed == 1 and (left == nil or amount - used - 1 < left) then
    worst, left, wait = i, amount - used - 1, reset
  end
end
if allowed == 1 then
  for i, key in ipairs(KEYS) do
    redis.call('ZADD', key, at, ARGV[1])
    redis.call('PEXPIRE', key, tonumber(ARGV[i * 2 + 1]) * 1000)
  end
end
return {worst, allowed, left, math.ceil(wait / 1000)}
"""
)


class ValkeyRateLimiter:
    """Counts attempts in Valkey, or in this process while Valkey is unavailable."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey
        self._here = LocalRates()

    async def take(self, rates: list[Rate]) -> Verdict:
        """Count one attempt against every rate, or against none when one of them is exhausted. Never raises."""
        numbers = [number for rate in rates for number in (rate.amount, rate.seconds)]
        keys = [f"rate:{rate.name}:{rate.key}" for rate in rates]
        try:
            worst, allowed, left, wait = await self._valkey.run(
                TAKE, keys, [secrets.token_hex(8), *numbers], insist=True
            )
        except ValkeyUnavailable:
            return self._here.take(rates)
        return Verdict(rates[worst - 1], bool(allowed), int(left), max(1, int(wait)))


class LocalRates:
    """Counts attempts of one process, with half of the limits."""

    def __init__(self) -> None:
        self._used: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, rates: list[Rate]) -> Verdict:
        """Count one attempt."""
        now = time.monotonic()
        verdicts = [self._check_rate(rate, now) for rate in rates]
        worst = min(verdicts, key=lambda verdict: (verdict.allowed, verdict.remaining, -verdict.reset))
        if worst.allowed:
            for rate in rates:
                self._used[f"{rate.name}:{rate.key}"].append(now)
        return worst

    def _check_rate(self, rate: Rate, now: float) -> Verdict:
        key = f"{rate.name}:{rate.key}"
        used = self._used.setdefault(key, deque())
        self._used.move_to_end(key)
        while len(self._used) > MAX_KEYS:
            self._used.popitem(last=False)
        while used and used[0] <= now - rate.seconds:
            used.popleft()
        left = max(1, rate.amount // 2) - len(used)
        reset = int((used[0] if used else now) + rate.seconds - now) + 1
        return Verdict(rate, left > 0, max(0, left - 1), reset)
