"""Remember the messages taken from each client, so that a repeated PUBLISH (DUP) is not taken twice.

The store remembers stored messages too (`store.redelivery`), even after the process has ended.
"""

import asyncio
from collections import OrderedDict
from typing import Any

from ..store.redelivery import LATEST, digest

_CLIENTS = 10_000

Taken = asyncio.Future[Any] | None
"""Done when a message is stored; None if there was nothing to store."""


class Deliveries:
    """Remembers the latest messages of each client for as long as the process lives."""

    def __init__(self) -> None:
        self._clients: OrderedDict[str, OrderedDict[int, tuple[bytes, Taken]]] = OrderedDict()

    def note(self, client: str, packet_id: int, topic: str, payload: bytes, taken: Taken) -> None:
        """Remember a message."""
        latest = self._clients.setdefault(client, OrderedDict())
        self._clients.move_to_end(client)
        latest[packet_id] = (digest(topic, payload), taken)
        latest.move_to_end(packet_id)
        if len(latest) > LATEST:
            latest.popitem(last=False)
        if len(self._clients) > _CLIENTS:
            self._clients.popitem(last=False)

    def has(self, client: str, packet_id: int, topic: str, payload: bytes) -> bool:
        """Return whether exactly this message has been stored or is being stored."""
        latest = self._clients.get(client)
        known = latest.get(packet_id) if latest else None
        if known is None or known[0] != digest(topic, payload):
            return False
        taken = known[1]
        return taken is None or not taken.done() or not (taken.cancelled() or taken.exception())

    def taken(self, client: str, packet_id: int) -> Taken:
        """Return the future that `note` got for the message."""
        return self._clients[client][packet_id][1]
