"""Upkeep of a running cloud: old values, files of past updates, and room on the disk.

Everything that can take long is done in small steps, between which values are stored. Several workers may do it; the
database lets only one of them at a time.
"""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Awaitable, Callable

from sqlalchemy.orm import Session

from .. import clock
from ..store import catalogue, retention
from ..store.database import Store
from ..store.keeping import Keeping
from ..store.models import now_us
from ..store.retention import Due
from .room import Room

log = logging.getLogger(__name__)

EVERY_S = 60
_GROUP = 200
_STEP_S = 0.015
"""How long a step should take: as long as a device's PUBACK may have to wait for it."""
_FEWEST, _MOST = 50, 5000
_THINNED_AT_ONCE = 50
_LEAP_S = 3600
_AWAY_US = 86400 * 1_000_000
_NEVER = 2**63
_PAGES = 100
_PAGES_LEFT = 1000
_USED_PER_FREE = 10


class Upkeep:
    """Looks every minute for something to do, and does it."""

    def __init__(
        self, store: Store, usual: Keeping, room: Room, sweep_files: Callable[[], Awaitable[None]]
    ) -> None:
        self._store = store
        self._usual = usual
        self._room = room
        self._sweep_files = sweep_files
        self._most = 500
        self._complaint = ""
        self._before: float | None = None
        self._doubted_until = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to look."""
        self._task = asyncio.create_task(self._look_for_ever(), name="upkeep")

    async def stop(self) -> None:
        """Stop, after the step that has begun."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def once(self) -> None:
        """Do everything that is to be done now."""
        if await self._may_trust_the_clock():
            await self._remove_old(now_us())
        await self._store.forget_senders()
        await self._sweep_files()
        await self._give_back()

    async def _remove_old(self, now: int) -> None:
        dues = await self._store.read_series(lambda session: retention.dues(session, self._usual, now))
        await self._remove([due for due in dues if due.before_us is not None])
        await self._thin([due for due in dues if due.thinning is not None], now)
        if self._usual.keep_us is not None:
            before = now - self._usual.keep_us
            await self._store.write(lambda session: retention.forget_deleted(session, before))

    async def _may_trust_the_clock(self) -> bool:
        """Return whether the clock, by which values become old, has not just leapt forward.

        A host may begin with a wrong clock. It gets an hour to set it right.
        """
        now, counted = clock.now_s(), time.monotonic()
        leapt = False
        if self._before is None:
            newest = await self._store.read(catalogue.newest_value_us)
            leapt = newest is not None and now * 1e6 - newest > _AWAY_US
        elif abs(leap := now - counted - self._before) > _LEAP_S:
            leapt = leap > 0
            self._doubted_until = 0.0
        self._before = now - counted
        if leapt:
            self._doubted_until = counted + _LEAP_S
            log.warning("the newest value is much older than the clock says: no old values are removed for an hour")
        return counted >= self._doubted_until

    async def _look_for_ever(self) -> None:
        while True:
            for work in (self._room.look, self.once):
                try:
                    await work()
                except Exception as error:
                    complaint = "%s: %s" % (type(error).__name__, str(error).partition("\n")[0])
                    # A disk may be full for a long time.
                    if complaint != self._complaint:
                        log.error("upkeep not finished: %s", complaint)
                    self._complaint = complaint
            await asyncio.sleep(EVERY_S)

    async def _remove(self, dues: list[Due]) -> None:
        removed = 0
        for start in range(0, len(dues), _GROUP):
            group = dues[start : start + _GROUP]
            while group := await self._with_old_samples(group):
                done = await self._step(
                    lambda session, most: retention.remove(session, group, max(1, most // len(group)))
                )
                if not done:
                    break
                removed += done
        if removed:
            log.info("%d old values removed", removed)

    async def _with_old_samples(self, dues: list[Due]) -> list[Due]:
        ids = [due.variable_id for due in dues]
        oldest = await self._store.read_series(lambda session: retention.oldest(session, ids))
        return [due for due in dues if oldest.get(due.variable_id, _NEVER) < (due.before_us or 0)]

    async def _thin(self, dues: list[Due], now: int) -> None:
        while dues:
            first = dues[:_THINNED_AT_ONCE]
            done = await self._step(lambda session, most: retention.thin(session, first, now, most))
            if done is None:
                break
            dues = dues[done:]

    async def _step(self, work: Callable[[Session, int], int | None]) -> int | None:
        """Do a step of about the wanted duration, then leave others at least as much time."""
        took = 0.0
        most = self._most

        def timed(session: Session) -> int | None:
            nonlocal took
            began = time.perf_counter()
            result = work(session, most)
            took = time.perf_counter() - began
            return result

        result = await self._store.write(timed)
        wanted = most * _STEP_S / max(took, 1e-4)
        self._most = int(min(max(wanted, most / 2, _FEWEST), most * 1.5, _MOST))
        await asyncio.sleep(max(took, 0.002))
        return result

    async def _give_back(self) -> None:
        """Give free pages back to the disk, except for some that new values will need."""
        with suppress(asyncio.TimeoutError):
            async with asyncio.timeout(EVERY_S):
                while True:
                    space = await self._store.look_at_space()
                    page = space.free // space.free_pages if space.free_pages else 1
                    left = max(_PAGES_LEFT, space.used // page // _USED_PER_FREE)
                    if not space.can_shrink or space.free_pages <= left:
                        break
                    await self._store.give_back(min(_PAGES, space.free_pages - left))
                    await asyncio.sleep(0.005)
