"""Over-the-air updates: store firmware files and tell devices where to download them."""

import asyncio
import hashlib
import hmac
import logging
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable

from sqlalchemy.orm import Session

from ..files import make_private_folder, write_whole
from ..identity.tokens import Tokens
from ..protocol import commands, topics
from ..protocol.conversation import Send
from ..store import catalogue, ota_updates, unwritable
from ..store.catalogue import NotFound, Refused
from ..store.database import Store
from ..store.models import OtaUpdate, now_us
from .exchange import Exchange

log = logging.getLogger(__name__)

MAX_FILE = 16 * 1024 * 1024
_NO_HASH = bytes(32)
_UPLOADS_TAKE = 3600
"""Seconds after which a file without an update is certainly no longer being uploaded."""
_LOOK_EVERY = 1
"""Seconds between polls, which notice reports to other workers and callers that have disconnected."""


class UpdateRunning(Refused):
    """The device has an unfinished update."""


class LinkExpired(NotFound):
    """The file can no longer be downloaded."""


class OtaUpdates:
    """Stores the files and sends OtaUpdate: at once, or after the device's next OtaBegin."""

    def __init__(self, store: Store, exchange: Exchange, tokens: Tokens, folder: Path, base: str) -> None:
        make_private_folder(folder)
        self._store = store
        self._exchange = exchange
        self._tokens = tokens
        self._folder = folder
        self.base = base
        """The address of HTTPS from which boards download."""
        # Set and replaced whenever a device has reported something.
        self._news = asyncio.Event()
        exchange.on_record = self._recorded

    async def upload(self, device_id: str, data: bytes, expire_in_mins: int) -> OtaUpdate:
        """Store a file for the device and tell the device about it. Raises `UpdateRunning` or `NotWritable`."""
        await self.sweep()
        now = now_us()
        update = OtaUpdate(
            id=str(uuid.uuid4()),
            device_id=device_id,
            status=ota_updates.PENDING,
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            created_at=now,
            expires_at=now + expire_in_mins * 60_000_000,
        )
        path = self._path(update.id)
        try:
            write_whole(path, data)
        except OSError as error:
            raise unwritable.of_file(error, path) from None
        try:
            await self._store.write(lambda session: _add(session, update))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        await self._tell(device_id)
        return update

    async def outcome(self, update: OtaUpdate, has_left: Callable[[], bool]) -> OtaUpdate:
        """Wait until the update has succeeded, failed or been cancelled, or until the caller has left.

        Raises `LinkExpired` if that takes too long, and `NotFound` if the device is deleted meanwhile.
        """

        def read(session: Session) -> OtaUpdate | None:
            ota_updates.open_update(session, update.device_id)
            return session.get(OtaUpdate, update.id)

        while True:
            news = self._news
            now = await self._store.write(read)
            if now is None:
                raise NotFound("the device was deleted")
            if now.status == ota_updates.EXPIRED:
                raise LinkExpired("the link expired before the device had installed the update")
            if now.status not in ota_updates.OPEN:
                return now
            if has_left():
                log.info("nobody is waiting any more for the update of device %s", update.device_id)
                return now
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(news.wait(), _LOOK_EVERY)

    async def file(self, update_id: str, seal: str) -> Path:
        """Return the path of an update's file. Raises `NotFound`, also for a wrong seal, or `LinkExpired`."""
        if not hmac.compare_digest(seal.encode(), self._seal(update_id).encode()):
            raise NotFound("no such file")
        update = await self._store.read(lambda session: session.get(OtaUpdate, update_id))
        path = self._path(update_id)
        if update is None or update.status == ota_updates.CANCELLED or not path.exists():
            raise NotFound("no such file")
        if update.expires_at <= now_us():
            raise LinkExpired("the link has expired")
        return path

    async def sweep(self) -> None:
        """Remove files that nobody may download any more, and all but the newest updates of each device."""
        known, wanted = await self._store.read(ota_updates.known_and_wanted)
        if await self._store.read(ota_updates.has_too_many):
            await self._store.write(ota_updates.remove_oldest)
        for path in self._folder.iterdir():
            if path.suffix == ".ota" and path.stem in wanted:
                continue
            if path.suffix == ".ota" and path.stem in known:
                path.unlink(missing_ok=True)
                continue
            # It is a file of a deleted device, or of an upload that was interrupted or goes on.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - _UPLOADS_TAKE:
                    path.unlink()

    def _path(self, update_id: str) -> Path:
        return self._folder / (str(uuid.UUID(update_id)) + ".ota")

    def _seal(self, update_id: str) -> str:
        return self._tokens.seal("ota " + update_id)

    def _recorded(self, device_id: str, name: str) -> Any:
        self._news.set()
        self._news = asyncio.Event()
        return self._tell(device_id) if name == "OtaBegin" else None

    async def _tell(self, device_id: str) -> None:
        """Send OtaUpdate if an update is waiting for the device."""

        def read(session: Session) -> tuple[OtaUpdate | None, str | None]:
            device = catalogue.get_device(session, device_id)
            return ota_updates.open_update(session, device_id), device.ota_sha256

        update, running = await self._store.write(read)
        if update is None or update.status != ota_updates.PENDING:
            return
        initial = bytes.fromhex(running) if running else _NO_HASH
        payload = commands.encode(
            commands.OTA_UPDATE,
            uuid.UUID(update.id).bytes,
            "%s/iot/ota/v1/download/%s/%s" % (self.base, update.id, self._seal(update.id)),
            initial,
            bytes.fromhex(update.sha256),
        )
        self._exchange.send(device_id, Send(topics.device(device_id, topics.COMMANDS_DOWN), payload))


def _add(session: Session, update: OtaUpdate) -> None:
    if ota_updates.open_update(session, update.device_id) is not None:
        raise UpdateRunning("an update of this device is still running")
    session.add(update)
