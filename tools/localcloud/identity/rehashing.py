"""Store faster hashes of generated secrets, once they have been right, in the background."""

import asyncio
import logging

from sqlalchemy import update
from sqlalchemy.orm import Session

from ..store.database import Store
from ..store.models import ApiKey, Device
from ..store.unwritable import NotWritable
from .verification import API_KEY, DEVICE

log = logging.getLogger(__name__)
_EVERY_S = 0.5
_TABLES: dict[str, type[Device] | type[ApiKey]] = {DEVICE: Device, API_KEY: ApiKey}


class Rehashing:
    """Collects new hashes and writes them together."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[tuple[str, str], tuple[str, str]] = {}
        self._writer: asyncio.Task[None] | None = None

    def note(self, kind: str, id: str, old: str, new: str) -> None:
        """Replace the old hash of this device or key with the new one soon, unless it has changed by then."""
        self._waiting[kind, id] = old, new
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_soon(), name="rehashing")

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
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        try:
            await self._store.write(lambda session: _replace(session, waiting))
        except NotWritable:
            pass  # said once for all
        except Exception as error:
            # They are as good as before. The next right secret tries again.
            log.warning("%d faster hashes were not stored: %s", len(waiting), str(error).splitlines()[0])


def _replace(session: Session, waiting: dict[tuple[str, str], tuple[str, str]]) -> None:
    for (kind, id), (old, new) in waiting.items():
        table = _TABLES[kind]
        # Not through the session's objects: to an external broker the secret has not changed.
        statement = update(table).where(table.id == id, table.secret_hash == old).values(secret_hash=str(new))
        session.connection().execute(statement)
