"""What has been taken of each client, so that a PUBLISH that it sends again (DUP) is not taken twice.

What was stored is remembered by the store too (`store.redelivery`), beyond the life of the process.
"""

import asyncio
from collections import OrderedDict
from typing import Any

from ..store.redelivery import LATEST, digest

_CLIENTS = 10_000

Taken = asyncio.Future[Any] | None
"""Done when a message is stored; None where there was nothing to store."""


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
        """Was this very message taken already, or is it being stored?"""
        latest = self._clients.get(client)
        known = latest.get(packet_id) if latest else None
        if known is None or known[0] != digest(topic, payload):
            return False
        taken = known[1]
        return taken is None or not taken.done() or not (taken.cancelled() or taken.exception())

    def taken(self, client: str, packet_id: int) -> Taken:
        """Return what `note` was given."""
        return self._clients[client][packet_id][1]
