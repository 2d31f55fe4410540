"""The connection to the database: short transactions in threads, values in group commits.

While nothing can be written (see `unwritable`), reads go on, changes are refused with `NotWritable`, and messages of
devices are held until they can be stored. That is tried every few seconds.
"""

import asyncio
import logging
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Awaitable, Callable, TypeVar

from sqlalchemy import Connection, Engine, update
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

from . import retention, space, unwritable
from .engine import opened
from .migration import bring_up_to_date
from .models import Setting
from .redelivery import Delivery, NotTheOwner, Redelivery
from .unwritable import NotWritable
from .values import Outcome, ValueWrite, store_values

log = logging.getLogger(__name__)
Result = TypeVar("Result")
_MAX_BATCH = 2000
# A deadlock or a conflict aborts one of the transactions, without effect.
_TRY_AGAIN = ("40001", "40P01")
_TRIES = 5
PROBE_S = 2.0
"""Seconds between two attempts to write again."""
MOST_HELD = 20_000
"""So many values are held at most while they cannot be stored. A message beyond that fails."""


@dataclass
class _Waiting:
    writes: list[ValueWrite]
    delivery: Delivery | None
    hold: bool
    future: "asyncio.Future[list[Outcome]]"


class BadAddress(ValueError):
    """The address of the database is unusable. `str()` says why, without the address."""


class Store:
    """The database. Methods may be called from the event loop and do not block it."""

    def __init__(self, url: str) -> None:
        self.url = address(url)
        self._engine = opened(self.url)
        self.sessions = sessionmaker(self._engine, expire_on_commit=False)
        """Makes the sessions; public for listeners to SQLAlchemy's events."""
        # One writer: SQLite allows only one, and group commits need no second.
        self._writer = ThreadPoolExecutor(1, "store-write")
        self._readers = ThreadPoolExecutor(2, "store-read")
        # Charts have threads of their own, so that a page that shows many of them delays no other request.
        self._chartists = ThreadPoolExecutor(2, "store-chart")
        self.settle: Callable[[dict[Any, Any]], Awaitable[None]] | None = None
        """Awaited with `Session.info` after each `write`, before it returns, for what must be done by then."""
        self.trouble: NotWritable | None = None
        """Why nothing can be written now."""
        self.on_trouble: Callable[[NotWritable | None], None] = lambda trouble: None
        """Called in the event loop when trouble begins, changes or ends."""
        self._probing: asyncio.Task[None] | None = None
        self._may_try = True
        self._locked: tuple[NotWritable | None, float] = None, 0.0
        self._redelivery = Redelivery()
        self._waiting: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._committer: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Make missing tables and start to take values. Raises `NotWritable` if that is needed and impossible."""
        trouble = await asyncio.get_running_loop().run_in_executor(self._writer, self._prepare)
        self._set_trouble(trouble)
        self._committer = asyncio.create_task(self._commit_batches(), name="store-commit")

    async def close(self) -> None:
        """Commit waiting values, then close the database."""
        if self._committer is not None:
            while self._waiting and not self._committer.done() and self.trouble is None:
                await asyncio.sleep(0.005)
            tasks = [self._committer, *([self._probing] if self._probing else [])]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for each in self._waiting:
                each.future.cancel()
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
        """Run `work` in a thread with a session. It is committed when this returns. Raises `NotWritable`."""
        if self.trouble is not None and self.trouble.is_locked:
            raise self.trouble  # each attempt would take seconds
        loop = asyncio.get_running_loop()
        try:
            result, info = await loop.run_in_executor(self._writer, self._telling, self._transaction, work)
        except NotWritable as trouble:
            self._set_trouble(trouble)
            raise
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
        self, writes: list[ValueWrite], delivery: Delivery | None = None, *, hold: bool = False
    ) -> "asyncio.Future[list[Outcome]]":
        """Queue values. The future is done when they are durable, in the order of the calls.

        While nothing can be written, it is done later with `hold`, and raises `NotWritable` without. No values are
        always written.

        `delivery` identifies the message with the values. If exactly this message has been stored before, it is
        not stored again, and there are no outcomes.
        """
        future: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        if self.trouble is not None:
            if not writes and delivery is None:
                future.set_result([])
                return future
            if not hold or sum(len(each.writes) for each in self._waiting) >= MOST_HELD:
                future.set_exception(self.trouble)
                return future
        self._waiting.append(_Waiting(writes, delivery, hold, future))
        self._wake.set()
        return future

    async def claim(self, sender: str, owner: str) -> None:
        """Let only `owner` store a sender's messages. Every other worker's `append` fails from now on."""
        await asyncio.get_running_loop().run_in_executor(self._writer, self._claim, sender, owner)

    def _claim(self, sender: str, owner: str) -> None:
        with self._engine.begin() as connection:
            self._redelivery.claim(connection, sender, owner)

    def _prepare(self) -> NotWritable | None:
        """Open the database, without writing to it if that is possible and must be. Return why it must be."""
        ways = [self._engine, *(opened(url) for url in _without_files(self.url))]
        for number, engine in enumerate(ways):
            self._engine = engine
            self.sessions.configure(bind=engine)
            try:
                bring_up_to_date(engine)
                break
            except Exception as error:
                if (trouble := unwritable.of(error, self.url)) is None:
                    raise
                engine.dispose()
                if number == len(ways) - 1:
                    raise trouble from None
        return self._probe()

    def _probe(self) -> NotWritable | None:
        """Write something. Return why that is not possible."""
        try:
            with self._engine.begin() as connection:
                connection.execute(update(Setting).where(Setting.name == "schema").values(value=Setting.value))
        except Exception as error:
            if (trouble := unwritable.of(error, self.url)) is None:
                raise
            return trouble
        return None

    def _set_trouble(self, trouble: NotWritable | None) -> None:
        before, self.trouble = self.trouble, trouble
        if trouble is not None and (self._probing is None or self._probing.done()):
            self._probing = asyncio.create_task(self._probe_again(), name="store-probe")
        self._may_try = trouble is None
        if trouble is None:
            self._wake.set()
        else:
            self._refuse_others(trouble)
        if str(before) != str(trouble):
            self.on_trouble(trouble)

    def _refuse_others(self, trouble: NotWritable) -> None:
        """End the wait of those who would rather know."""
        for each in self._waiting:
            if each.future.done() or each.hold:
                continue
            if each.writes or each.delivery is not None:
                each.future.set_exception(trouble)
            else:
                each.future.set_result([])  # it only waited for others
        self._waiting = [each for each in self._waiting if each.hold and not each.future.done()]

    async def _probe_again(self) -> None:
        """Try to write every few seconds until it works. Committing goes on by then."""
        while self.trouble is not None:
            await asyncio.sleep(PROBE_S)
            if self.trouble is None:
                return
            if self.trouble.status == unwritable.FULL and not unwritable.has_room(self.url):
                continue
            if self._waiting:
                # What waits tells best whether it can be stored.
                self._may_try = True
                self._wake.set()
                continue
            try:
                trouble = await asyncio.get_running_loop().run_in_executor(self._writer, self._probe)
            except Exception as error:
                log.error("the database does not answer: %s", str(error).splitlines()[0])
                continue
            self._set_trouble(trouble)

    def _telling(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Run `work`. Raises `NotWritable` in place of an error that means that."""
        # A lock is waited for in vain for seconds. Those that queue behind must not do that again.
        locked, since = self._locked
        if locked is not None and time.monotonic() - since < PROBE_S / 2:
            raise locked
        try:
            return work(*arguments)
        except Exception as error:
            if (trouble := unwritable.of(error, self.url)) is None:
                raise
            if trouble.is_locked:
                self._locked = trouble, time.monotonic()
            raise trouble from None

    def _transaction(self, work: Callable[[Session], Result]) -> tuple[Result, dict[Any, Any]]:
        with self.sessions.begin() as session:
            return work(session), session.info

    async def _commit_batches(self) -> None:
        """Store, again and again, everything that came during the last commit in one transaction."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting and self._may_try:
                batch = self._take_batch()
                try:
                    results = await loop.run_in_executor(self._writer, self._telling, self._store, batch)
                except NotWritable as trouble:
                    self._waiting = batch + self._waiting
                    self._set_trouble(trouble)
                    break
                except Exception as error:
                    log.error("values not stored: %s", str(error).splitlines()[0])
                    results = [error] * len(batch)
                else:
                    if self.trouble is not None:
                        self._set_trouble(None)
                for each, result in zip(batch, results):
                    if each.future.done():
                        continue
                    if isinstance(result, Exception):
                        each.future.set_exception(result)
                    else:
                        each.future.set_result(result)

    def _take_batch(self) -> list[_Waiting]:
        count = size = 0
        for each in self._waiting:
            count += 1
            size += len(each.writes)
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
        news = self._redelivery.note(connection, [each.delivery for each in batch])
        accepted = [each.writes if new is True else [] for each, new in zip(batch, news)]
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
    return opened(address(url))


def is_final(error: BaseException) -> bool:
    """Return whether a retry would fail too, because the fault lies in the data, not in the database."""
    if isinstance(error, StatementError):
        # Errors that are not the driver's were raised before the statement reached it.
        return isinstance(error, (DataError, IntegrityError)) or not isinstance(error, DBAPIError)
    return isinstance(error, (ArithmeticError, AttributeError, LookupError, TypeError, ValueError))


def _is_passing(error: Exception) -> bool:
    """Return whether the same transaction may succeed if it is retried at once."""
    return isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) in _TRY_AGAIN


def _without_files(url: URL) -> list[URL]:
    """Return the ways to read a database in SQLite where no file can be made beside it."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return []
    path = Path(url.database)
    name = "file:" + urllib.parse.quote(str(path))
    # The first one keeps what it shares with itself in memory, not in a file, and locks others out.
    ways = [{"uri": "true", "vfs": "unix-excl"}, {"uri": "true", "vfs": "unix-excl", "mode": "ro"}]
    if not path.with_name(path.name + "-wal").exists():
        ways.append({"uri": "true", "immutable": "1"})  # nothing is missing in the file itself
    return [url.set(database=name, query=way) for way in ways]
