"""Firmware updates of devices and their progress. Each function runs in a transaction."""

import uuid
from typing import Any

from sqlalchemy import select
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
