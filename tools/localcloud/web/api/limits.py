"""The rate limit: for each user so many requests per second, of which a second's worth may come at once."""

import time
from collections import OrderedDict
from typing import Callable

_MOST = 10_000
"""The number of users whose last requests are remembered."""


class RateLimit:
    """A token bucket for each user, filled at a steady rate. A rate of 0 means no limit."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_second
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admits(self, user_id: str) -> bool:
        """Count a request. Return False if it exceeds the limit."""
        if not self._rate:
            return True
        now = self._clock()
        capacity = max(1.0, self._rate)
        level, then = self._buckets.get(user_id, (capacity, now))
        level = min(capacity, level + (now - then) * self._rate)
        admitted = level >= 1
        self._buckets[user_id] = (level - 1 if admitted else level, now)
        self._buckets.move_to_end(user_id)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        return admitted
