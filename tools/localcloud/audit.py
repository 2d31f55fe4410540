"""The audit log: who logged in, was refused, changed or deleted something, and from where.

Entries are queued without waiting and written to the store in batches, so that a flood of refusals delays nobody.
What happens again and again becomes an entry now and then, which says how often.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from .audit_notes import take_notes
from .store.database import Store, is_final
from .store.models import AuditEntry, now_us
from .store.unwritable import NotWritable

log = logging.getLogger(__name__)
MOST_CHANGES = 50_000
MOST_LOG_INS = 50_000
"""Log-ins and refused ones have a bound of their own: whoever floods us with those pushes out no change."""
_LOG_IN_WORDS = ("refused", "connected", "logged in", "token given")
_MOST_WAITING = 10_000
_MOST_RUNS = 5_000
_NEW_LOG_INS_A_MINUTE = 2_000
_EVERY_S, _AGAIN_S = 0.2, 5.0
_FIRST_WINDOW_S, _LONGEST_WINDOW_S = 60.0, 3600.0
_PRUNE_EVERY = 500
_Key = tuple[str, str, str, str]


@dataclass
class _Run:
    """Something that happens again and again."""

    window_s: float
    ends: float
    more: int = 0
    first_us: int = 0
    last_us: int = 0


class Audit:
    """Takes entries from the event loop and writes them. Beyond `MOST_CHANGES` and `MOST_LOG_INS` the oldest go."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._waiting: list[dict[str, Any]] = []
        self._runs: dict[_Key, _Run] = {}
        self._lost = 0
        self._look_again = 0.0
        self._is_failing = False
        self._writing = asyncio.Lock()
        self._minute_began = clock()
        self._new_log_ins = 0
        self._unpruned = _PRUNE_EVERY
        self._writer: asyncio.Task[None] | None = None

    def note(self, action: str, *, by: str, address: str, about: str = "") -> None:
        """Note an action such as "device refused" or "thing deleted".

        `by` is who did it, such as "user ID", "device ID", "page" or "command line"; `address` is where from
        ("" if unknown); `about` is what it concerns, such as "thing ID". No text contains a secret.
        """
        key = _clean(action, 64), _clean(by, 80), _clean(address, 64), _clean(about, 200)
        self._end_runs()
        run = self._runs.get(key)
        if run is not None:
            run.last_us = now_us()
            run.first_us = run.first_us if run.more else run.last_us
            run.more += 1
            return
        if not self._has_room(key[0]):
            self._lost += 1
            return
        if len(self._runs) >= _MOST_RUNS:
            self._end_run(next(iter(self._runs)))
        self._runs[key] = _Run(_FIRST_WINDOW_S, self._clock() + _FIRST_WINDOW_S)
        self._add(key, now_us())

    async def flush(self) -> None:
        """Write what is waiting now."""
        self._end_runs()
        await self._write()

    async def close(self) -> None:
        """Write everything, also what is still happening again and again."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        for key in list(self._runs):
            self._end_run(key)
        await self._write()
        if self._waiting:
            log.error("%d entries of the audit log were lost", len(self._waiting))

    def take_notes(self, data: Path) -> None:
        """Take the notes that commands have left while no cloud was running (`audit_notes`)."""
        for at_us, (action, by, address, about) in take_notes(data):
            self._add((_clean(action, 64), _clean(by, 80), _clean(address, 64), _clean(about, 200)), at_us)

    def _has_room(self, action: str) -> bool:
        if self._clock() - self._minute_began >= 60:
            self._minute_began, self._new_log_ins = self._clock(), 0
        if _is_log_in(action):
            self._new_log_ins += 1
            return self._new_log_ins <= _NEW_LOG_INS_A_MINUTE and len(self._waiting) < _MOST_WAITING // 2
        return len(self._waiting) < _MOST_WAITING

    def _add(self, key: _Key, at_us: int, times: int | None = None, until_us: int | None = None) -> None:
        action, by, address, about = key
        self._waiting.append(
            {
                "time_us": at_us,
                "action": action,
                "by": by,
                "address": address,
                "about": about,
                "is_log_in": _is_log_in(action),
                "times": times,
                "until_us": until_us,
            }
        )
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_soon(), name="audit")

    def _end_runs(self) -> None:
        """Tell of what has happened again during its window, and forget what has not."""
        now = self._clock()
        if now < self._look_again:
            return
        self._look_again = now + 1
        for key, run in list(self._runs.items()):
            if now >= run.ends:
                # Changes are told within a minute, log-ins less and less often.
                window_s = min(2 * run.window_s, _LONGEST_WINDOW_S) if _is_log_in(key[0]) else _FIRST_WINDOW_S
                if self._end_run(key):
                    self._runs[key] = _Run(window_s, now + window_s)

    def _end_run(self, key: _Key) -> bool:
        """End a run. Return whether there was something to tell."""
        run = self._runs.pop(key)
        if run.more == 1:
            self._add(key, run.last_us)
        elif run.more:
            self._add(key, run.first_us, run.more, run.last_us)
        return bool(run.more)

    async def _write_soon(self) -> None:
        while self._waiting or any(run.more for run in self._runs.values()):
            await asyncio.sleep(_EVERY_S if self._waiting and not self._is_failing else _AGAIN_S)
            await self.flush()

    async def _write(self) -> None:
        # One after the other: whoever has flushed sees what another call is still writing.
        async with self._writing:
            await self._write_waiting()

    async def _write_waiting(self) -> None:
        entries, self._waiting = self._waiting, []
        if not entries:
            return
        if self._lost:
            last = entries[-1]
            lost = {"action": "%d log-ins and refusals left out" % self._lost, "by": "", "address": "", "about": ""}
            entries.append({**last, **lost, "is_log_in": True, "times": None, "until_us": None})
            self._lost = 0
        self._unpruned += len(entries)
        prunes = self._unpruned >= _PRUNE_EVERY
        try:
            await self._store.write(lambda session: _store(session, entries, prunes))
            self._unpruned = 0 if prunes else self._unpruned
            self._is_failing = False
        except NotWritable:
            self._is_failing = True  # the condition tells why
            self._wait_with(entries)
        except Exception as error:
            self._keep(entries, error)

    def _keep(self, entries: list[dict[str, Any]], error: Exception) -> None:
        """Keep entries that could not be written, as many as there is room for. Says so once."""
        if not self._is_failing or is_final(error):
            log.error("the audit log cannot be written: %s", str(error).splitlines()[0])
        if is_final(error):
            return
        self._is_failing = True
        self._wait_with(entries)

    def _wait_with(self, entries: list[dict[str, Any]]) -> None:
        room = max(0, _MOST_WAITING - len(self._waiting))
        self._lost += max(0, len(entries) - room)
        self._waiting = entries[:room] + self._waiting


def _store(session: Session, entries: list[dict[str, Any]], prunes: bool) -> None:
    session.execute(insert(AuditEntry), entries)
    if not prunes:
        return
    for is_log_in, most in ((True, MOST_LOG_INS), (False, MOST_CHANGES)):
        kind = AuditEntry.is_log_in.is_(is_log_in)
        last = session.scalar(select(AuditEntry.id).where(kind).order_by(AuditEntry.id.desc()).offset(most).limit(1))
        if last is not None:
            session.execute(delete(AuditEntry).where(kind, AuditEntry.id <= last))


def _is_log_in(action: str) -> bool:
    return any(word in action for word in _LOG_IN_WORDS)


def _clean(text: str, most: int) -> str:
    """Return the text without what a terminal or a database would not take."""
    return "".join(c if c.isprintable() else "?" for c in text[:most])
