"""The connection to the database: short transactions in threads, values in group commits."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Awaitable, Callable, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    OperationalError,
    StatementError,
)
from sqlalchemy.orm import Session, sessionmaker

from . import retention, space
from .migration import bring_up_to_date
from .redelivery import Delivery, NotTheOwner, Redelivery
from .values import Outcome, ValueWrite, store_values

log = logging.getLogger(__name__)
Result = TypeVar("Result")
_MAX_BATCH = 2000
# A deadlock or a conflict aborts one of the transactions, without effect.
_TRY_AGAIN = ("40001", "40P01")
_TRIES = 5

_Waiting = tuple[list[ValueWrite], Delivery | None, "asyncio.Future[list[Outcome]]"]


class BadAddress(ValueError):
    """The address of the database is unusable. `str()` says why, without the address."""


class Store:
    """The database. Methods may be called from the event loop and do not block it."""

    def __init__(self, url: str) -> None:
        self.url = address(url)
        self._engine = _engine(self.url)
        self.sessions = sessionmaker(self._engine, expire_on_commit=False)
        """Makes the sessions; public for listeners to SQLAlchemy's events."""
        # One writer: SQLite allows only one, and group commits need no second.
        self._writer = ThreadPoolExecutor(1, "store-write")
        self._readers = ThreadPoolExecutor(2, "store-read")
        # Charts have threads of their own, so that a page that shows many of them delays no other request.
        self._chartists = ThreadPoolExecutor(2, "store-chart")
        self.settle: Callable[[dict[Any, Any]], Awaitable[None]] | None = None
        """Awaited with `Session.info` after each `write`, before it returns, for what must be done by then."""
        self._redelivery = Redelivery()
        self._waiting: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._committer: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Make missing tables and start to take values."""
        await asyncio.get_running_loop().run_in_executor(self._writer, self._prepare)
        self._committer = asyncio.create_task(self._commit_batches(), name="store-commit")

    async def close(self) -> None:
        """Commit waiting values, then close the database."""
        if self._committer is not None:
            while self._waiting and not self._committer.done():
                await asyncio.sleep(0.005)
            self._committer.cancel()
            await asyncio.gather(self._committer, return_exceptions=True)
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._chartists.shutdown(wait=True)
        self._engine.dispose()

    async def read(self, work: Callable[[Session], Result]) -> Result:
        """Run `work` in a thread with a session to read from."""
        result, _ = await asyncio.get_running_loop().run_in_executor(self._readers, self._transaction, work)
        return result

    async def read_series(self, work: Callable[[Session], Result]) -> Result:
        """Run `work`, which may look at millions of samples, as `read` does. It delays other series alone."""
        result, _ = await asyncio.get_running_loop().run_in_executor(self._chartists, self._transaction, work)
        return result

    async def write(self, work: Callable[[Session], Result]) -> Result:
        """Run `work` in a thread with a session. It is committed when this returns."""
        loop = asyncio.get_running_loop()
        result, info = await loop.run_in_executor(self._writer, self._transaction, work)
        if self.settle is not None:
            await self.settle(info)
        return result

    async def look_at_space(self) -> space.Space:
        """Return how large the database is."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, space.look, self._engine)

    async def give_back(self, pages: int) -> None:
        """Make SQLite's file shorter by up to so many free pages, if it can be."""
        await asyncio.get_running_loop().run_in_executor(self._writer, space.give_back, self._engine, pages)

    async def forget_senders(self) -> None:
        """Forget the messages of devices and users that do not exist any more."""

        def forget() -> None:
            if self._transaction(retention.forget_senders)[0]:
                self._redelivery.forget()

        await asyncio.get_running_loop().run_in_executor(self._writer, forget)

    def append(
        self, writes: list[ValueWrite], delivery: Delivery | None = None
    ) -> "asyncio.Future[list[Outcome]]":
        """Queue values. The future is done when they are durable, in the order of the calls.

        `delivery` identifies the message with the values. If exactly this message has been stored before, it is
        not stored again, and there are no outcomes.
        """
        future: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        self._waiting.append((writes, delivery, future))
        self._wake.set()
        return future

    async def claim(self, sender: str, owner: str) -> None:
        """Let only `owner` store a sender's messages. Every other worker's `append` fails from now on."""
        await asyncio.get_running_loop().run_in_executor(self._writer, self._claim, sender, owner)

    def _claim(self, sender: str, owner: str) -> None:
        with self._engine.begin() as connection:
            self._redelivery.claim(connection, sender, owner)

    def _prepare(self) -> None:
        bring_up_to_date(self._engine)

    def _transaction(self, work: Callable[[Session], Result]) -> tuple[Result, dict[Any, Any]]:
        with self.sessions.begin() as session:
            return work(session), session.info

    async def _commit_batches(self) -> None:
        """Store, again and again, everything that came during the last commit in one transaction."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = self._take_batch()
                try:
                    results = await loop.run_in_executor(self._writer, self._store, batch)
                except Exception as error:
                    log.error("values not stored: %s", error)
                    results = [error] * len(batch)
                for (_, _, future), result in zip(batch, results):
                    if future.done():
                        continue
                    if isinstance(result, Exception):
                        future.set_exception(result)
                    else:
                        future.set_result(result)

    def _take_batch(self) -> list[_Waiting]:
        count = size = 0
        for writes, _, _ in self._waiting:
            count += 1
            size += len(writes)
            if size >= _MAX_BATCH:
                break
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _store(self, batch: list[_Waiting]) -> list[list[Outcome] | Exception]:
        try:
            return self._store_together(batch)
        except Exception as error:
            if len(batch) == 1 or not is_final(error):
                raise
        # One of them aborted the common transaction: store each by itself, so that only that one fails.
        results: list[list[Outcome] | Exception] = []
        for each in batch:
            try:
                results += self._store_together([each])
            except Exception as error:
                results.append(error)
        return results

    def _store_together(self, batch: list[_Waiting]) -> list[list[Outcome] | Exception]:
        for attempt in range(1, _TRIES + 1):
            try:
                with self._engine.begin() as connection:
                    return self._store_in(connection, batch)
            except Exception as error:
                # The messages that were noted as taken have not been stored either.
                self._redelivery.forget()
                if attempt == _TRIES or not _is_passing(error):
                    raise
        raise AssertionError("not reached")

    def _store_in(self, connection: Connection, batch: list[_Waiting]) -> list[list[Outcome] | Exception]:
        news = self._redelivery.note(connection, [delivery for _, delivery, _ in batch])
        accepted = [writes if new is True else [] for (writes, _, _), new in zip(batch, news)]
        outcomes = store_values(connection, [write for writes in accepted for write in writes])
        results: list[list[Outcome] | Exception] = []
        for writes, new in zip(accepted, news):
            results.append(new if isinstance(new, NotTheOwner) else outcomes[: len(writes)])
            outcomes = outcomes[len(writes) :]
        return results


def address(url: str) -> URL:
    """Parse the address of a database. Raises `BadAddress`, which does not repeat it."""
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        parsed.get_dialect()
    except (ArgumentError, ValueError):
        # The error's text is not shown: it may repeat the address with its password.
        raise BadAddress(
            "the database's address must be like postgresql://user:password@host:5432/name"
        ) from None
    return parsed


def engine_of(url: str) -> Engine:
    """Return the database, for something else than a `Store`. Raises `BadAddress`."""
    return _engine(address(url))


def is_final(error: BaseException) -> bool:
    """Return whether a retry would fail too, because the fault lies in the data, not in the database."""
    if isinstance(error, StatementError):
        # Errors that are not the driver's were raised before the statement reached it.
        return isinstance(error, (DataError, IntegrityError)) or not isinstance(error, DBAPIError)
    return isinstance(error, (ArithmeticError, AttributeError, LookupError, TypeError, ValueError))


def _is_passing(error: Exception) -> bool:
    """Return whether the same transaction may succeed if it is retried at once."""
    return isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) in _TRY_AGAIN


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        # Errors would show a statement's values, such as a device's hash or a user's text.
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def configure(connection, record) -> None:  # type: ignore[no-untyped-def]
        cursor = connection.cursor()
        # For a file that is still empty, so before anything else: freed pages can be given back.
        cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA journal_size_limit=67108864")
        # FULL: when a commit returns, it is on the disk and survives a power failure.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=5000")
        cursor.close()

    return engine
