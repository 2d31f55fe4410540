"""What devices report about themselves: of each device the newest events are kept."""

import zlib
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from .models import DeviceEvent, now_us

CONNECTION = "connection"
"""The name of the events CONNECTED and DISCONNECTED."""
MOST = 1000
"""The number of connections, and of other events, that are kept of each device. At times there are a few more."""
_LOOK_EVERY = 50
_AT_ONCE = 5000


def add(session: Session, device_id: str, name: str, value: Any) -> None:
    """Note an event, and remove the oldest ones of the device if it has too many."""
    event = DeviceEvent(device_id=device_id, name=name, value=value, time_us=now_us())
    session.add(event)
    session.flush()
    # By a hash: every fiftieth event might always be of the same device.
    if zlib.crc32(b"%d" % event.id) % _LOOK_EVERY == 0:
        _remove_oldest(session, device_id)


def _remove_oldest(session: Session, device_id: str) -> None:
    # Connections by themselves: the latest one of each device says whether it is online.
    for kind in (DeviceEvent.name == CONNECTION, DeviceEvent.name != CONNECTION):
        its = (DeviceEvent.device_id == device_id) & kind
        newest = select(DeviceEvent.id).where(its).order_by(DeviceEvent.id.desc())
        first_too_old = session.scalar(newest.offset(MOST).limit(1))
        if first_too_old is not None:
            old = select(DeviceEvent.id).where(its, DeviceEvent.id <= first_too_old)
            old = old.order_by(DeviceEvent.id).limit(_AT_ONCE)
            session.execute(delete(DeviceEvent).where(DeviceEvent.id.in_(old)))
