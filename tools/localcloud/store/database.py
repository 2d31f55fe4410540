"""The connection to the database: short transactions in threads, values in group commits."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from .migration import bring_up_to_date
from .values import Outcome, ValueWrite, store_values

log = logging.getLogger(__name__)
Result = TypeVar("Result")
_MAX_BATCH = 2000


class Store:
    """All that is kept. Any method may be called from the event loop; none blocks it."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        # One writer: SQLite has one anyway, and group commits need no second.
        self._writer = ThreadPoolExecutor(1, "store-write")
        self._readers = ThreadPoolExecutor(2, "store-read")
        self._waiting: list[tuple[list[ValueWrite], asyncio.Future[list[Outcome]]]] = []
        self._wake = asyncio.Event()
        self._committer: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Make the tables where they are missing, and start taking values."""
        await asyncio.get_running_loop().run_in_executor(self._writer, self._prepare)
        self._committer = asyncio.create_task(self._commit_batches(), name="store-commit")

    async def close(self) -> None:
        """Commit what is waiting, then let go of the database."""
        if self._committer is not None:
            while self._waiting and not self._committer.done():
                await asyncio.sleep(0.005)
            self._committer.cancel()
            await asyncio.gather(self._committer, return_exceptions=True)
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._engine.dispose()

    async def read(self, work: Callable[[Session], Result]) -> Result:
        """Run `work` in a thread with a session to read from."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._transaction, work)

    async def write(self, work: Callable[[Session], Result]) -> Result:
        """Run `work` in a thread with a session; committed when this returns."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._transaction, work)

    def append(self, writes: list[ValueWrite]) -> "asyncio.Future[list[Outcome]]":
        """Queue values; the future is done when they are durable, in the order of the calls."""
        future: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        self._waiting.append((writes, future))
        self._wake.set()
        return future

    def _prepare(self) -> None:
        bring_up_to_date(self._engine)

    def _transaction(self, work: Callable[[Session], Result]) -> Result:
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            return work(session)

    async def _commit_batches(self) -> None:
        """Store all that came while the last commit ran, in one transaction, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = self._take_batch()
                try:
                    results = await loop.run_in_executor(
                        self._writer, self._store, [writes for writes, _ in batch]
                    )
                except Exception as error:
                    log.error("values not stored: %s", error)
                    results = [error] * len(batch)
                for (_, future), result in zip(batch, results):
                    if future.done():
                        continue
                    if isinstance(result, Exception):
                        future.set_exception(result)
                    else:
                        future.set_result(result)

    def _take_batch(self) -> list[tuple[list[ValueWrite], "asyncio.Future[list[Outcome]]"]]:
        count = size = 0
        for writes, _ in self._waiting:
            count += 1
            size += len(writes)
            if size >= _MAX_BATCH:
                break
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _store(self, groups: list[list[ValueWrite]]) -> list[list[Outcome]]:
        with self._engine.begin() as connection:
            outcomes = store_values(connection, [write for writes in groups for write in writes])
        results = []
        for writes in groups:
            results.append(outcomes[: len(writes)])
            outcomes = outcomes[len(writes) :]
        return results


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    engine = create_engine(parsed)

    @event.listens_for(engine, "connect")
    def configure(connection, record) -> None:  # type: ignore[no-untyped-def]
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # FULL: a commit is on the disk when it returns, also if the power fails.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=5000")
        cursor.close()

    return engine
