"""What the broker should know about devices, and what it knows, in the database.

Every transaction that changes devices or things, in any worker, also records which devices the broker must
be told about. The worker that holds a device's partition tells the broker, and the worker that handles the
request waits for that before it answers. If a worker is killed in between, either nothing was changed, or
another worker tells the broker.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, event, insert, inspect, select, update
from sqlalchemy.orm import Session, UOWTransaction

from ..store.database import Store
from ..store.device_certificates import may_show_one
from ..store.models import BrokerDevice, Device, DeviceCertificate, Thing
from .coordination import partition_of

_TOUCHED = "devices that the broker must be told about"
NO_SECRET = ""
"""Takes the place of a new secret's hash if the device has no secret any more."""
_DEVICES_AT_ONCE = 500


@dataclass(frozen=True)
class Entry:
    """A device as the broker should know it, and the thing that the broker knows for it (`told_thing_id`)."""

    device_id: str
    exists: bool
    may_connect: bool
    thing_id: str | None
    told_thing_id: str | None
    is_new: bool
    wanted: int


class Roster:
    """Records changes, finds what the broker does not know yet, and records what it knows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        event.listen(store.sessions, "after_flush", _after_flush)

    async def take_over(self) -> None:
        """Record the devices that were made before the external broker existed."""
        await self._store.write(_take_over)

    async def pending(self, partitions: set[int]) -> list[Entry]:
        """Return some of the partitions' devices that the broker must be told about."""
        stale = (BrokerDevice.wanted != BrokerDevice.told) & BrokerDevice.partition.in_(partitions)
        return await self._store.read(
            lambda session: [
                _entry(session, row)
                for row in session.scalars(
                    select(BrokerDevice).where(stale).order_by(BrokerDevice.device_id).limit(_DEVICES_AT_ONCE)
                )
            ]
        )

    async def waiting(self, device_ids: set[str]) -> set[str]:
        """Return those of the devices that the broker must still be told about."""
        query = select(BrokerDevice.device_id).where(
            BrokerDevice.device_id.in_(device_ids), BrokerDevice.wanted != BrokerDevice.told
        )
        return await self._store.read(lambda session: set(session.scalars(query)))

    async def note_known(self, entry: Entry) -> None:
        """Record that the broker now knows the device as in the entry."""
        same = (BrokerDevice.device_id == entry.device_id) & (BrokerDevice.wanted == entry.wanted)
        always = BrokerDevice.device_id == entry.device_id

        def write(session: Session) -> None:
            if not entry.exists:
                session.execute(delete(BrokerDevice).where(same))
            else:
                values = {"thing_id": entry.thing_id, "told": entry.wanted}
                session.execute(update(BrokerDevice).where(always).values(values))

        await self._store.write(write)

    async def topics(self, partition: int) -> list[tuple[str, str | None]]:
        """Return the ids of a partition's devices that the broker knows, with their things."""
        query = select(BrokerDevice.device_id, BrokerDevice.thing_id).where(
            BrokerDevice.partition == partition, BrokerDevice.told > 0
        )
        return await self._store.read(
            lambda session: [(row.device_id, row.thing_id) for row in session.execute(query)]
        )


def touched_in(info: dict[Any, Any]) -> dict[str, str | None]:
    """Return the devices that a transaction has changed, each with its new secret's hash.

    That is `NO_SECRET` if the secret was removed, and None if it is unchanged. `info` is the session's.
    """
    found: dict[str, str | None] = info.get(_TOUCHED, {})
    return found


def _after_flush(session: Session, context: UOWTransaction) -> None:
    changed: dict[str, str | None] = {}
    for each in [*session.new, *session.dirty, *session.deleted]:
        if isinstance(each, Device):
            new_secret = _has_changed(each, "secret_hash")
            came_or_went = each in session.new or each in session.deleted or _has_changed(each, "deleted_at")
            if new_secret or came_or_went:
                changed[each.id] = (each.secret_hash or NO_SECRET) if new_secret else None
        elif isinstance(each, DeviceCertificate):
            changed.setdefault(each.device_id, None)
        elif isinstance(each, Thing):
            if each not in session.deleted and not _has_changed(each, "device_id", "deleted_at"):
                continue
            history = inspect(each).attrs.device_id.history
            for device_id in [*history.added, *history.unchanged, *(history.deleted or ())]:
                if device_id is not None:
                    changed.setdefault(device_id, None)
    for device_id in sorted(changed):
        _want(session, device_id)
    found = session.info.setdefault(_TOUCHED, {})
    for device_id, secret in changed.items():
        if secret is not None or device_id not in found:
            found[device_id] = secret


def _has_changed(instance: Any, *columns: str) -> bool:
    attributes = inspect(instance).attrs
    return any(attributes[column].history.has_changes() for column in columns)


def _want(session: Session, device_id: str) -> None:
    more = update(BrokerDevice).where(BrokerDevice.device_id == device_id)
    if not session.connection().execute(more.values(wanted=BrokerDevice.wanted + 1)).rowcount:
        row = {"device_id": device_id, "partition": partition_of(device_id), "wanted": 1, "told": 0}
        session.connection().execute(insert(BrokerDevice), [row])


def _take_over(session: Session) -> None:
    known = select(BrokerDevice.device_id)
    for device_id in session.scalars(select(Device.id).where(Device.id.not_in(known))).all():
        _want(session, device_id)


def _entry(session: Session, row: BrokerDevice) -> Entry:
    device = session.get(Device, row.device_id)
    may_connect = False
    if device is not None and device.deleted_at is None:
        # The broker cannot tell a device's certificates apart: the device is shut out if none of them is valid.
        may_connect = device.secret_hash is not None or may_show_one(session, row.device_id)
    query = select(Thing).where(Thing.device_id == row.device_id, Thing.deleted_at.is_(None))
    thing = session.scalars(query).one_or_none() if may_connect else None
    return Entry(
        row.device_id,
        device is not None,
        may_connect,
        thing.id if thing is not None else None,
        row.thing_id,
        row.told == 0,
        row.wanted,
    )
