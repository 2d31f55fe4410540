"""Assign partitions to workers, and pass news between them, with PostgreSQL's advisory locks and notifications.

What a device sends goes through the partition of its id. The worker that holds the partition's lock takes it.
The database frees the locks of a worker that is killed or no longer reachable.
"""

import asyncio
import logging
import math
import random
import zlib
from contextlib import asynccontextmanager, suppress
from typing import Any, AsyncIterator, Awaitable, Callable

import psycopg
from sqlalchemy.engine import URL

from ..files import DataInUse
from .address import Lost

log = logging.getLogger(__name__)

PARTITIONS = 16
"""The number of partitions. It cannot change: sessions and subscriptions at the broker depend on it."""
_TICK = 0.5
_RETRY = 1
# A local cloud that was just stopped may still be leaving.
_LEAVES_WITHIN = 2
_CHANNEL = "local_cloud"
# Advisory locks are pairs of numbers, of which the first marks ours. Workers share the lock "present"; an
# embedded broker, which tolerates no others, holds it exclusively.
_LOCKS, _PRESENT, _STARTING = 0x6C6F6B, 1_000_000, 1_000_001
# If a worker's machine is gone, that is noticed after 5 + 3 * 3 seconds.
_KEEPALIVES: dict[str, Any] = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 14000,
    "connect_timeout": 10,
    "options": "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3",
}


def partition_of(device_id: str) -> int:
    """Return a device's partition. It never changes, and is the same in every process."""
    return zlib.crc32(device_id.encode()) % PARTITIONS


@asynccontextmanager
async def alone_at(url: URL) -> AsyncIterator[None]:
    """Keep other workers out while this one makes what all of them share, at first start.

    Raises `Lost`, or `DataInUse` if a local cloud with an embedded broker uses the database.
    """
    async with await _reach(url) as connection:
        await connection.execute("SELECT pg_advisory_lock(%s, %s)", (_LOCKS, _STARTING))
        if not await _is_present(connection, "pg_try_advisory_lock_shared"):
            raise DataInUse("a local cloud without --broker uses the database; stop it first")
        yield


class Occupancy:
    """Reserves the database for an embedded broker, because no other process knows what it remembers."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._task: asyncio.Task[None] | None = None

    async def take(self) -> None:
        """Keep others out from now on. Raises `DataInUse` if another process is there, or `Lost`."""
        connection = await _reach(self._url)
        if not await _is_present(connection, "pg_try_advisory_lock"):
            await connection.close()
            raise DataInUse("another local cloud uses the database; several can share it with --broker")
        self._task = asyncio.create_task(self._hold(connection), name="occupancy")

    async def leave(self) -> None:
        """Let others in again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _hold(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Take the lock again whenever the connection, and the lock with it, is lost."""
        while True:
            async with connection:
                with suppress(psycopg.Error):
                    if await _is_present(connection, "pg_try_advisory_lock"):
                        async for _ in connection.notifies():
                            pass
                    else:
                        log.error("another local cloud uses the database too: stop one of them")
            while connection.closed:
                await asyncio.sleep(_RETRY)
                with suppress(Lost):
                    connection = await _reach(self._url)


async def _reach(url: URL) -> psycopg.AsyncConnection[Any]:
    try:
        return await psycopg.AsyncConnection.connect(_plain(url), autocommit=True, **_KEEPALIVES)
    except psycopg.Error as error:
        raise Lost("the database cannot be used: %s" % str(error).partition("\n")[0]) from None


async def _is_present(connection: psycopg.AsyncConnection[Any], lock: str) -> bool:
    """Try for a while to take the lock. Waiting in the database would also block workers that come later."""
    for _ in range(int(_LEAVES_WITHIN / _TICK) + 1):
        cursor = await connection.execute("SELECT %s(%d, %d)" % (lock, _LOCKS, _PRESENT))
        if (await cursor.fetchone() or (False,))[0]:
            return True
        await asyncio.sleep(_TICK)
    return False


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


class Coordination:
    """Claims this worker's share of the partitions, gives up the rest, and passes on news."""

    def __init__(
        self,
        url: URL,
        take: Callable[[int], Awaitable[None]],
        give: Callable[[int], Awaitable[None]],
        on_news: Callable[[str], None],
    ) -> None:
        """`take` and `give` are awaited while a partition's lock is held. `on_news` gets what others `tell`."""
        self._address = _plain(url)
        self._take = take
        self._give = give
        self._on_news = on_news
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.held: set[int] = set()
        """The partitions that this worker holds."""

    async def start(self) -> None:
        """Start to claim partitions. Return once the database has been reached."""
        reached = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._claim_for_ever(reached), name="partitions"),
            asyncio.create_task(self._listen_for_ever(), name="news"),
        ]
        await reached.wait()

    async def stop(self) -> None:
        """Give up all partitions and disconnect."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._give_up(self.held)
        if self._connection is not None:
            await self._connection.close()

    async def tell(self, news: str) -> None:
        """Send news to all workers, including this one."""
        if self._connection is None:
            return
        try:
            await self._connection.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, news))
        except psycopg.Error as error:
            log.warning("cannot notify the other workers: %s", type(error).__name__)

    async def _claim_for_ever(self, reached: asyncio.Event) -> None:
        while True:
            try:
                async with await self._connect() as connection:
                    self._connection = connection
                    await connection.execute("SELECT pg_advisory_lock_shared(%s, %s)", (_LOCKS, _PRESENT))
                    while True:
                        await self._balance(connection)
                        reached.set()
                        await asyncio.sleep(_TICK)
            except Exception as error:
                log.error("claiming the partitions again: %s", type(error).__name__)
                # Other workers may have the locks by now.
                await self._give_up(self.held)
                await asyncio.sleep(_RETRY)

    async def _balance(self, connection: psycopg.AsyncConnection[Any]) -> None:
        cursor = await connection.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND mode = 'ShareLock'"
            " AND classid = %s::oid AND objid = %s::oid"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            (_LOCKS, _PRESENT),
        )
        (workers,) = await cursor.fetchone() or (1,)
        share = math.ceil(PARTITIONS / max(1, workers))
        for partition in sorted(self.held)[share:]:
            await self._give_up({partition})
            await connection.execute("SELECT pg_advisory_unlock(%s, %s)", (_LOCKS, partition))
        if len(self.held) < share:
            await self._claim(connection, share)

    async def _claim(self, connection: psycopg.AsyncConnection[Any], share: int) -> None:
        # In random order, so that workers do not compete for the same ones.
        free = [partition for partition in range(PARTITIONS) if partition not in self.held]
        random.shuffle(free)
        for partition in free:
            if len(self.held) >= share:
                return
            cursor = await connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (_LOCKS, partition))
            if not (await cursor.fetchone() or (False,))[0]:
                continue
            try:
                await self._take(partition)
            except Exception as error:
                log.error("partition %d not taken: %s", partition, error)
                await connection.execute("SELECT pg_advisory_unlock(%s, %s)", (_LOCKS, partition))
                return
            self.held.add(partition)

    async def _give_up(self, partitions: set[int]) -> None:
        leaving = list(partitions)
        self.held.difference_update(leaving)
        await asyncio.gather(*map(self._give, leaving))

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                async with await self._connect() as connection:
                    await connection.execute("LISTEN " + _CHANNEL)
                    # The tables have what happened before.
                    self._on_news("changed")
                    async for notification in connection.notifies():
                        self._on_news(notification.payload)
            except psycopg.Error as error:
                log.warning("lost the database's notifications: %s", type(error).__name__)
                await asyncio.sleep(_RETRY)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self._address, autocommit=True, **_KEEPALIVES)
