"""The audit log: who logged in, was refused, changed or deleted something, and from where.

Entries are queued without waiting and written to the store in batches, so that a flood of refusals delays nobody.
"""

import asyncio
import logging
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from .store.database import Store
from .store.models import AuditEntry, now_us
from .store.unwritable import NotWritable

log = logging.getLogger(__name__)
MOST_ENTRIES = 100_000
_MOST_WAITING = 10_000
_EVERY_S = 0.2


class Audit:
    """Takes entries from the event loop and writes them. The oldest beyond `MOST_ENTRIES` are removed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[dict[str, Any]] = []
        self._lost = 0
        self._writer: asyncio.Task[None] | None = None

    def note(self, action: str, *, by: str, address: str, about: str = "") -> None:
        """Note an action such as "device refused" or "thing deleted".

        `by` is who did it, such as "user ID", "device ID", "page" or "command line"; `address` is where from
        ("" if unknown); `about` is what it concerns, such as "thing ID". No text contains a secret.
        """
        if len(self._waiting) >= _MOST_WAITING:
            self._lost += 1
            return
        self._waiting.append(
            {
                "time_us": now_us(),
                "action": _clean(action, 64),
                "by": _clean(by, 80),
                "address": _clean(address, 64),
                "about": _clean(about, 200),
            }
        )
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_soon(), name="audit")

    async def close(self) -> None:
        """Write what is waiting."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        await self._write()

    async def _write_soon(self) -> None:
        while self._waiting:
            await asyncio.sleep(_EVERY_S)
            await self._write()

    async def _write(self) -> None:
        entries, self._waiting = self._waiting, []
        if not entries:
            return
        if self._lost:
            last = entries[-1]
            entries.append({**last, "action": "%d entries lost" % self._lost, "by": "", "address": "", "about": ""})
            self._lost = 0
        try:
            await self._store.write(lambda session: _add(session, entries))
        except NotWritable:
            self._lost += len(entries)  # the condition tells why
        except Exception as error:
            log.error("%d entries of the audit log were not stored: %s", len(entries), str(error).splitlines()[0])


def _add(session: Session, entries: list[dict[str, Any]]) -> None:
    session.execute(insert(AuditEntry), entries)
    newest = session.scalar(select(func.max(AuditEntry.id))) or 0
    session.execute(delete(AuditEntry).where(AuditEntry.id <= newest - MOST_ENTRIES))


def _clean(text: str, most: int) -> str:
    """Return the text without what a terminal or a database would not take."""
    return "".join(c if c.isprintable() else "?" for c in text[:most])
