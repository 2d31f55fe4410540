"""Remember each sender's messages, in the transaction that stores them, so that a repeated one counts once.

A sender that loses the connection before the PUBACK cannot know that its message was stored. It sends
the same bytes with the same packet identifier again, with the DUP flag.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Iterable

from sqlalchemy import Connection, bindparam, insert, select, update

from .models import SenderMemory

LATEST = 200
"""The number of messages remembered for each sender, which is how many may be unacknowledged."""
_SENDERS = 10_000
_ENTRY = 8


class NotTheOwner(RuntimeError):
    """Another worker has taken over this one's messages."""


@dataclass(frozen=True)
class Delivery:
    """Identifies a message. `owner` is the worker that received it, if several share the work."""

    sender: str
    packet_id: int
    digest: bytes
    again: bool
    owner: str | None = None


def digest(topic: str, payload: bytes) -> bytes:
    """Return a digest that tells messages with the same packet identifier apart."""
    return hashlib.blake2b(topic.encode() + b"\0" + payload, digest_size=_ENTRY - 2).digest()


class Redelivery:
    """The memory in the store, with a cache of what this process has read. Only one thread uses it."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, OrderedDict[int, bytes]] = OrderedDict()
        self._stored: set[str] = set()

    def note(
        self, connection: Connection, deliveries: Iterable[Delivery | None]
    ) -> list[bool | NotTheOwner]:
        """Note the messages of a transaction, and return for each whether to store it."""
        listed = list(deliveries)
        senders = {each.sender: each.owner for each in listed if each is not None}
        if not senders:
            return [True] * len(listed)
        self._load(connection, senders)
        news, changed = [self._is_new(each) for each in listed], set()
        for delivery, new in zip(listed, news):
            if delivery is not None and new:
                changed.add(delivery.sender)
        lost = self._save(connection, {sender: senders[sender] for sender in sorted(changed)})
        return [
            NotTheOwner("another worker has taken over") if each is not None and each.sender in lost else new
            for each, new in zip(listed, news)
        ]

    def forget(self) -> None:
        """Clear the cache after a failed transaction: the store may lack what was noted."""
        self._known.clear()
        self._stored.clear()

    def claim(self, connection: Connection, sender: str, owner: str) -> None:
        """Make `owner` the only worker that may store the sender's messages from now on."""
        # The row's lock waits for what the former owner is storing at this moment.
        mine = update(SenderMemory).where(SenderMemory.sender == sender).values(owner=owner)
        if not connection.execute(mine).rowcount:
            connection.execute(insert(SenderMemory).values(sender=sender, owner=owner, recent=b""))
        self._known.pop(sender, None)

    def _is_new(self, delivery: Delivery | None) -> bool:
        if delivery is None:
            return True
        recent = self._known[delivery.sender]
        if delivery.again and recent.get(delivery.packet_id) == delivery.digest:
            return False
        recent[delivery.packet_id] = delivery.digest
        recent.move_to_end(delivery.packet_id)
        if len(recent) > LATEST:
            recent.popitem(last=False)
        return True

    def _load(self, connection: Connection, senders: Iterable[str]) -> None:
        unknown = [sender for sender in senders if sender not in self._known]
        if unknown:
            query = select(SenderMemory.sender, SenderMemory.recent).where(SenderMemory.sender.in_(unknown))
            found = {row.sender: row.recent for row in connection.execute(query)}
            for sender in unknown:
                self._known[sender] = _unpack(found.get(sender, b""))
            self._stored.update(found)
        for sender in senders:
            self._known.move_to_end(sender)
        while len(self._known) > _SENDERS:
            self._stored.discard(self._known.popitem(last=False)[0])

    def _save(self, connection: Connection, senders: dict[str, str | None]) -> set[str]:
        """Write the senders' memories. Return the senders that another worker owns by now."""
        lost = set()
        new: list[dict[str, Any]] = []
        old: list[dict[str, Any]] = []
        for sender, owner in senders.items():
            recent = b"".join(
                packet_id.to_bytes(2) + digest for packet_id, digest in self._known[sender].items()
            )
            if owner is not None:
                mine = (SenderMemory.sender == sender) & (SenderMemory.owner == owner)
                if not connection.execute(update(SenderMemory).where(mine).values(recent=recent)).rowcount:
                    lost.add(sender)
                    del self._known[sender]
            else:
                (old if sender in self._stored else new).append({"of": sender, "recent_now": recent})
        if new:
            rows = [{"sender": each["of"], "recent": each["recent_now"]} for each in new]
            connection.execute(insert(SenderMemory), rows)
            self._stored.update(each["of"] for each in new)
        if old:
            of: Any = bindparam("of")
            recent_now: Any = bindparam("recent_now")
            connection.execute(
                update(SenderMemory).where(SenderMemory.sender == of).values(recent=recent_now), old
            )
        return lost


def _unpack(recent: bytes) -> "OrderedDict[int, bytes]":
    entries = (recent[at : at + _ENTRY] for at in range(0, len(recent), _ENTRY))
    return OrderedDict((int.from_bytes(entry[:2]), bytes(entry[2:])) for entry in entries)
