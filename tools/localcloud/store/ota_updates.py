"""Firmware updates of devices and their progress. Each function runs in a transaction."""

import uuid
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from .models import DeviceEvent, OtaUpdate, now_us

PENDING, IN_PROGRESS, SUCCEEDED, FAILED, EXPIRED, CANCELLED = (
    "pending",
    "in_progress",
    "succeeded",
    "failed",
    "expired",
    "cancelled",
)
OPEN = (PENDING, IN_PROGRESS)
_STATE_FAIL = 8
_MOST_EVENTS = 10_000
MOST = 50
"""The number of updates that are kept of each device."""


def open_update(session: Session, device_id: str) -> OtaUpdate | None:
    """Return the device's unfinished update, or None."""
    query = select(OtaUpdate).where(OtaUpdate.device_id == device_id, OtaUpdate.status.in_(OPEN))
    update = session.scalars(query.order_by(OtaUpdate.created_at.desc())).first()
    if update is not None and update.expires_at <= now_us():
        update.status = EXPIRED
        return None
    return update


def list_updates(
    session: Session, device_id: str, *, limit: int, newest_first: bool
) -> list[OtaUpdate]:
    """Return the device's updates, finished or not."""
    made, id = OtaUpdate.created_at, OtaUpdate.id
    order = (made.desc(), id.desc()) if newest_first else (made, id)
    query = select(OtaUpdate).where(OtaUpdate.device_id == device_id)
    return list(session.scalars(query.order_by(*order).limit(limit)))


def known_and_wanted(session: Session) -> tuple[set[str], set[str]]:
    """Return the ids of all updates, and of those whose files a device may still download."""
    known, wanted = set(), set()
    for id, status, expires_at in session.execute(select(OtaUpdate.id, OtaUpdate.status, OtaUpdate.expires_at)):
        known.add(id)
        if status != CANCELLED and expires_at > now_us():
            wanted.add(id)
    return known, wanted


def has_too_many(session: Session) -> bool:
    """Return whether a device has more updates than are kept."""
    query = select(OtaUpdate.device_id).group_by(OtaUpdate.device_id).having(func.count() > MOST)
    return session.scalars(query.limit(1)).first() is not None


def remove_oldest(session: Session) -> None:
    """Remove all but the newest updates of each device. Those that are not over stay."""
    place = func.row_number().over(partition_by=OtaUpdate.device_id, order_by=OtaUpdate.created_at.desc())
    ranked = select(OtaUpdate.id, place.label("place")).subquery()
    old = select(ranked.c.id).where(ranked.c.place > MOST)
    session.execute(delete(OtaUpdate).where(OtaUpdate.id.in_(old), OtaUpdate.status.not_in(OPEN)))


def progress_of(session: Session, update: OtaUpdate) -> list[DeviceEvent]:
    """Return the device's reports about the update, oldest first, up to a failure, which ends it."""
    query = select(DeviceEvent).where(
        DeviceEvent.device_id == update.device_id, DeviceEvent.name == "OtaProgress"
    )
    id = uuid.UUID(update.id).hex
    # In the order of arrival: the host's clock may have been set since the update was made.
    newest_first = session.scalars(query.order_by(DeviceEvent.id.desc()).limit(_MOST_EVENTS))
    said = []
    for event in reversed(list(newest_first)):
        if event.value["id"] == id:
            said.append(event)
            if event.value["state"] == _STATE_FAIL:
                break
    return said


def note_progress(session: Session, device_id: str, facts: dict[str, Any]) -> None:
    """Update the state from the device's report, unless the update is over: reports may come late."""
    try:
        update = session.get(OtaUpdate, str(uuid.UUID(bytes=facts["id"])))
    except ValueError:
        return
    if update is not None and update.device_id == device_id and update.status in OPEN:
        update.status = FAILED if facts["state"] == _STATE_FAIL else IN_PROGRESS


def note_begin(session: Session, device_id: str) -> None:
    """Record that a device has started a firmware: the update that it was installing is done."""
    update = open_update(session, device_id)
    if update is not None and update.status == IN_PROGRESS:
        update.status = SUCCEEDED
