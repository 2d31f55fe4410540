"""Know which devices are connected, from mosquitto's log topics and from other workers."""

import re
from typing import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..store.device_events import CONNECTION
from ..store.models import DeviceEvent
from ..traffic.live import Event

LOG_TOPIC = "$SYS/broker/log/N"
_UUID = r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
# The line ends with the authenticated user.
_CAME = re.compile(r"(?:\d+: )?New client connected from (\S+) as %s \(.*u'\2'\)\." % _UUID)
_WENT = re.compile(
    r"(?:\d+: )?(?:Socket error on client|Bad socket read/write on client|Client) %s[,:]?"
    r" (?!already connected|.*not authorised).*" % _UUID
)


class Presence:
    """The connected devices, as far as this worker knows."""

    def __init__(self, on_change: Callable[[str, bool, str], None]) -> None:
        """`on_change` is called when the broker's log says that a device has connected (and from where) or gone."""
        self.online: set[str] = set()
        self._on_change = on_change

    def load(self, session: Session) -> None:
        """Load what earlier workers knew."""
        latest = select(func.max(DeviceEvent.id)).where(DeviceEvent.name == CONNECTION)
        query = select(DeviceEvent.device_id, DeviceEvent.value).where(
            DeviceEvent.id.in_(latest.group_by(DeviceEvent.device_id))
        )
        self.online = {row.device_id for row in session.execute(query) if row.value == "CONNECTED"}

    def take_line(self, line: str) -> None:
        """Take a line of the broker's log."""
        if came := _CAME.fullmatch(line):
            self._set(came[2], True, _without_port(came[1]))
        elif went := _WENT.fullmatch(line):
            self._set(went[1], False, "")

    def take_event(self, event: Event) -> None:
        """Take an event of another worker."""
        if event.get("event") == "device":
            (self.online.add if event["online"] else self.online.discard)(event["device_id"])

    def _set(self, device_id: str, connected: bool, address: str) -> None:
        if (device_id in self.online) != connected:
            (self.online.add if connected else self.online.discard)(device_id)
            self._on_change(device_id, connected, address)


def _without_port(address: str) -> str:
    host, colon, port = address.rpartition(":")
    return host if colon and port.isdigit() else address
