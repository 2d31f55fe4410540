"""Whether the disk is about to be full: a warning while there is still time."""

import shutil
import time
from collections import deque
from pathlib import Path
from typing import Callable

from ..store.database import Store
from .condition import Condition

LEAST_FREE = 1_000_000_000
LEAST_SHARE = 0.1
_DAY_S = 86400.0
_SOON_DAYS = 7
_LONG_ENOUGH_S = 1800.0
"""How long the growth is measured before anything is said of it."""
_REMEMBERED = 240
_NAME = "disk"


class Room:
    """Watches the room on the disk with the data folder, and how fast the database in it grows."""

    def __init__(
        self,
        store: Store,
        condition: Condition,
        folder: Path,
        keep_us: int | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        usage: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage,
    ) -> None:
        """`keep_us` is how long values are kept: after that time, the database does not grow any more."""
        self._store = store
        self._condition = condition
        self._folder = folder
        self._grows_for_s = _SOON_DAYS * _DAY_S if keep_us is None else min(_SOON_DAYS * _DAY_S, keep_us / 1e6)
        self._clock = clock
        self._usage = usage
        # About six minutes apart: the last day.
        self._sizes: deque[tuple[float, int]] = deque(maxlen=_REMEMBERED)

    async def look(self) -> None:
        """Warn, or end the warning."""
        total, _, free = self._usage(self._folder)
        space = await self._store.look_at_space()
        # A database elsewhere does not fill this disk.
        days = self._days_left(space.used, free + space.free) if self._is_here else None
        if free < LEAST_FREE or free < LEAST_SHARE * total:
            text = "the disk with %s is nearly full: %s free" % (self._folder, _rounded(free))
        elif days is not None:
            text = "values will fill the disk with %s within %s" % (self._folder, _in_words(days))
        else:
            self._condition.clear(_NAME)
            return
        self._condition.warn(_NAME, text + "; serve --keep removes old values")

    @property
    def _is_here(self) -> bool:
        return self._store.url.get_backend_name() == "sqlite"

    def _days_left(self, used: int, free: int) -> float | None:
        """Return when the disk is full if the database goes on growing, None if that is not soon."""
        now = self._clock()
        if not self._sizes or now - self._sizes[-1][0] >= _DAY_S / _REMEMBERED:
            self._sizes.append((now, used))
        since, before = self._sizes[0]
        if now - since < _LONG_ENOUGH_S or used <= before:
            return None
        left_s = free * (now - since) / (used - before)
        return left_s / _DAY_S if left_s < self._grows_for_s else None


def _in_words(days: float) -> str:
    return "a day" if days < 1 else "%d days" % (days + 1)


def _rounded(size: int) -> str:
    """Return a size with one digit, so that it does not change every minute."""
    for unit, name in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB")):
        if size >= unit:
            return "%d %s" % (size // unit, name)
    return "less than 1 MB"
