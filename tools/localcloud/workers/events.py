"""Send the live feed's events to the watchers of all workers, over the broker."""

import asyncio
import json
import logging
from typing import Any, Callable

from ..traffic.live import Event, Live
from .connection import Connection

log = logging.getLogger(__name__)

TOPIC = "local-cloud/events"
_GATHER_S = 0.02
_MOST = 500


class Events:
    """Collects events for a moment and sends them; passes on what others send. QoS 0: some may be lost."""

    def __init__(self, worker_id: str, live: Live, on_event: Callable[[Event], None]) -> None:
        """Pass live events on. Each event of another worker also goes to `on_event`."""
        self._worker_id = worker_id
        self.connection: Connection | None = None
        self._live = live
        self._on_event = on_event
        self._gathered: list[Event] = []
        live.relay = self._relay

    def take(self, topic: str, payload: bytes) -> bool:
        """Take a message if it has events. Return whether it does."""
        if topic != TOPIC:
            return False
        worker_id, events = json.loads(payload)
        if worker_id == self._worker_id:
            return True
        for event in events:
            self._on_event(event)
            self._live.tell_here(event)
        return True

    def _relay(self, event: Event) -> None:
        if not self._gathered:
            asyncio.get_running_loop().call_later(_GATHER_S, self._send)
        self._gathered.append(event)

    def _send(self) -> None:
        gathered: list[Any] = self._gathered
        self._gathered = []
        if self.connection is None or self.connection.lost.is_set():
            return
        for start in range(0, len(gathered), _MOST):
            message = [self._worker_id, gathered[start : start + _MOST]]
            self.connection.publish(TOPIC, json.dumps(message), qos=0)
