"""The host's clock: what the cloud takes as the present time everywhere, and a watch over it.

Times only label what happened. The order of values never depends on them (see `store.values`), since a clock may be
set back or forward at any moment. What must last a while is measured by `time.monotonic`.
"""

import asyncio
import logging
import time
from collections import Counter
from datetime import datetime, timezone
from typing import Awaitable, Callable, Protocol

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
_JUMP_S = 2.0
# No release is older. A host without a clock of its own begins in 1970, or when it was last shut down.
_EARLIEST_S = datetime(2026, 1, 1, tzinfo=timezone.utc).timestamp()
# A value from a clock that was a little fast is no sign that the present one is wrong.
_BEHIND_S = 2 * 3600
_WARNING = "clock"

_now_ns: Callable[[], int] = time.time_ns


class Warnings(Protocol):
    """Where the watch shows what the operator should know (see `watch.condition.Condition`)."""

    counts: "Counter[str]"

    def warn(self, name: str, text: str) -> None:
        """Show a warning."""

    def clear(self, name: str) -> None:
        """End a warning."""


def use(now_ns: Callable[[], int]) -> None:
    """Take the present time (ns since 1970) from another clock, in the whole process."""
    global _now_ns
    _now_ns = now_ns


def now_us() -> int:
    """Return the present time in microseconds since 1970."""
    return _now_ns() // 1000


def now_s() -> float:
    """Return the present time in seconds since 1970."""
    return _now_ns() / 1e9


class ClockWatch:
    """Notices that the host's clock has jumped, and warns while it is plainly wrong."""

    def __init__(self, warnings: Warnings, newest_us: Callable[[], Awaitable[int | None]]) -> None:
        """`newest_us` returns the time of the newest last value in the store."""
        self._warnings = warnings
        self._newest_us = newest_us
        self._before = _ahead_s()
        self._wrong = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Look at the clock now, and again every few seconds."""
        await self._judge()
        self._task = asyncio.create_task(self._watch(), name="clock")

    async def stop(self) -> None:
        """End the watch."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.look()
            except Exception as error:
                log.error("cannot judge the host's clock: %s", type(error).__name__)

    async def look(self) -> None:
        """Compare the clock with the time that has passed since the last look."""
        ahead = _ahead_s()
        jump, self._before = ahead - self._before, ahead
        if abs(jump) > _JUMP_S:
            self._warnings.counts["clock_jumps"] += 1
            way = "forward" if jump > 0 else "back"
            log.warning("the host's clock was set %s by %.1f s, to %s", way, abs(jump), _written(now_s()))
        if self._wrong or abs(jump) > _JUMP_S:
            await self._judge()

    async def _judge(self) -> None:
        newest, now = await self._newest_us(), now_s()
        self._wrong = True
        if now < _EARLIEST_S:
            text = "the host's clock is wrong: it says %s" % _written(now)
        elif newest is not None and now < newest / 1e6 - _BEHIND_S:
            text = "the host's clock may be wrong: it says %s, and the newest value is from %s" % (
                _written(now),
                _written(newest / 1e6),
            )
        else:
            self._wrong = False
            self._warnings.clear(_WARNING)
            return
        self._warnings.warn(_WARNING, text)


def _ahead_s() -> float:
    """Return how far the clock is ahead of the one that only counts, which changes only with a jump."""
    return now_s() - time.monotonic()


def _written(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
