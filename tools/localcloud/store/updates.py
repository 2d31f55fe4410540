"""Firmware updates of devices: made, on their way, done. Each function runs in a transaction."""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from .models import OtaUpdate, now_us

PENDING, IN_PROGRESS, SUCCEEDED, FAILED, EXPIRED = (
    "pending",
    "in_progress",
    "succeeded",
    "failed",
    "expired",
)
_STATE_FAIL = 8


def open_update(session: Session, device_id: str) -> OtaUpdate | None:
    """Return the device's update that is not over, if there is one."""
    query = select(OtaUpdate).where(
        OtaUpdate.device_id == device_id, OtaUpdate.status.in_((PENDING, IN_PROGRESS))
    )
    update = session.scalars(query.order_by(OtaUpdate.created_at.desc())).first()
    if update is not None and update.expires_at <= now_us():
        update.status = EXPIRED
        return None
    return update


def note_progress(session: Session, device_id: str, facts: dict[str, Any]) -> None:
    """Take over how far the device says that it is."""
    try:
        update = session.get(OtaUpdate, str(uuid.UUID(bytes=facts["id"])))
    except ValueError:
        return
    if update is not None and update.device_id == device_id:
        update.status = FAILED if facts["state"] == _STATE_FAIL else IN_PROGRESS


def note_begin(session: Session, device_id: str) -> None:
    """Take note that a device runs a firmware: an update that it was installing is done."""
    update = open_update(session, device_id)
    if update is not None and update.status == IN_PROGRESS:
        update.status = SUCCEEDED
