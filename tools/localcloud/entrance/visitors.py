"""The connections of all listeners: how many there are, how long each may take, and who gives way to a new one."""

import asyncio
import logging
from collections import Counter
from contextlib import contextmanager
from typing import Callable, Container, Iterator

from .bounds import Bounds
from .few_lines import FewLines

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that a peer has for its first byte, and again for a TLS handshake, a request's head, a CONNECT."""
_SWEEPS = 20

_SILENT, _TALKING, _BUSY, _INSIDE = range(4)


class Visitor:
    """One connection, from the moment it is accepted until it has ended.

    It is silent until its first byte, then it talks (handshake, half a request). It is busy once it has said all that
    is needed and waits for us, and inside after its log-in. Silent and talking ones may have to give way.
    """

    def __init__(self, entrance: "Entrance", address: str) -> None:
        self.address = address
        self.deadline: float | None = None
        self.on_overdue: Callable[[], None] = self.too_slow
        """Called when the deadline has passed. It ends the connection or sets a new deadline."""
        self.on_end: Callable[[], object] = self.left
        """Ends a connection that has no transport yet."""
        self.transport: asyncio.BaseTransport | None = None
        self.patience = entrance.patience
        self._entrance = entrance
        self._stage = _SILENT
        self._gone = False

    def comes_from(self, address: str) -> bool:
        """Note the address that a proxy tells of. Return False if there is no room for it."""
        return self._entrance.comes_from(self, address)

    def met(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport, when the protocol gets it."""
        self.transport = transport

    def talks(self, seconds: float | None = None) -> None:
        """Note that the peer has said something, and give it so many seconds (or the usual ones) for the rest."""
        self._move(_TALKING)
        self.deadline = self._entrance.now() + (self.patience if seconds is None else seconds)

    def waits(self) -> None:
        """Note that the peer has said everything and waits for an answer. It cannot be late or give way."""
        if self._stage != _INSIDE:
            self._move(_BUSY)
        self.deadline = None

    def admit(self) -> bool:
        """Note that the peer has logged in. Return False if there are already too many inside."""
        return self._entrance.admit(self)

    @property
    def is_inside(self) -> bool:
        """Whether the peer has logged in."""
        return self._stage == _INSIDE

    @contextmanager
    def dropped_for_errors(self) -> Iterator[None]:
        """End the connection, with one line in the log, if a library fails at what the peer has sent."""
        try:
            yield
        except Exception as error:
            self._entrance.broken(self, error)

    def too_slow(self) -> None:
        """End the connection because the deadline has passed."""
        self._entrance.late(self)

    def end(self) -> None:
        """End the connection at once."""
        if self.transport is not None:
            self.transport.abort()  # type: ignore[attr-defined]
        else:
            self.on_end()

    def left(self) -> None:
        """Note that the connection has ended."""
        if not self._gone:
            self._gone = True
            self._entrance.remove(self)

    def _move(self, stage: int) -> None:
        if not self._gone:
            self._entrance.move(self, stage)


class _Address:
    """The visitors from one address, by stage. Those that were heard the longest ago come first."""

    def __init__(self) -> None:
        self.stages: tuple[dict[Visitor, None], ...] = ({}, {}, {}, {})

    @property
    def waiting(self) -> int:
        return sum(map(len, self.stages[:_INSIDE]))

    @property
    def may_give_way(self) -> int:
        return len(self.stages[_SILENT]) + len(self.stages[_TALKING])

    def oldest(self) -> Visitor | None:
        """Return the one that has said nothing for the longest time, if there is one that may give way."""
        for stage in (_SILENT, _TALKING):
            for visitor in self.stages[stage]:
                return visitor
        return None


class Entrance:
    """Lets connections in, in bounds. When a bound is reached, the oldest silent one gives way to the new one."""

    def __init__(
        self, bounds: Bounds, counts: Counter[str], patience: float = PATIENCE, proxies: Container[str] = ()
    ) -> None:
        """`proxies` are addresses that stand for many others, whose own bounds they do not have."""
        self.bounds = bounds
        self.patience = patience
        self.inside = 0
        self.waiting = 0
        self._counts = counts
        self._proxies = proxies
        self._addresses: dict[str, _Address] = {}
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time
        self._give_way = FewLines(log, 1)
        self._late = FewLines(log, 1)
        self._broken = FewLines(log)
        self._failed = FewLines(log, 1)
        self._sweep = self._loop.call_later(patience / _SWEEPS, self._end_late_ones)

    def enter(self, address: str) -> Visitor | None:
        """Return a new visitor, or None if there is no room and nobody who may give way."""
        if not self._has_room_for(address):
            return None
        if self.waiting >= self.bounds.waiting and not self.make_room():
            return None
        visitor = Visitor(self, address)
        visitor.deadline = self.now() + self.patience
        self._enter_stage(visitor)
        return visitor

    def make_room(self) -> bool:
        """End the oldest silent connection of the address that has most of them. Return False if there is none."""
        return self._make_room(max(self._addresses.values(), key=lambda each: each.may_give_way, default=None))

    def accept_failed(self, error: OSError) -> None:
        """Count and log that the system did not let us accept a connection."""
        self._counts["accepts_failed"] += 1
        self._failed.line(logging.ERROR, "a connection could not be accepted: %s", error.strerror)

    def failed_handshake(self) -> None:
        """Count a TLS handshake that did not succeed."""
        self._counts["handshakes_failed"] += 1

    def refused(self, address: str) -> None:
        """Count and log a connection for which there was no room."""
        self._counts["connections_refused"] += 1
        self._give_way.line(logging.WARNING, "a connection of %s was refused: %s", address, self._numbers())

    def close(self) -> None:
        """End every connection that has not logged in, and watch no longer."""
        self._sweep.cancel()
        for room in list(self._addresses.values()):
            for stage in room.stages[:_INSIDE]:
                for visitor in list(stage):
                    visitor.end()

    # For visitors.

    def comes_from(self, visitor: Visitor, address: str) -> bool:
        """Put a visitor to those of another address, if there is room."""
        if visitor._gone or not self._has_room_for(address):
            return False
        self._leave_stage(visitor)
        self._forget_if_empty(visitor.address)
        visitor.address = address
        self._enter_stage(visitor)
        return True

    def move(self, visitor: Visitor, stage: int) -> None:
        """Put a visitor at the end of those of a stage."""
        self._leave_stage(visitor)
        visitor._stage = stage
        self._enter_stage(visitor)

    def admit(self, visitor: Visitor) -> bool:
        """Let a visitor inside if there is room."""
        if visitor._gone:
            return False
        if visitor._stage != _INSIDE:
            if self.inside >= self.bounds.inside:
                self.refused(visitor.address)
                return False
            self.move(visitor, _INSIDE)
        visitor.deadline = None
        return True

    def remove(self, visitor: Visitor) -> None:
        """Forget a visitor that has left."""
        self._leave_stage(visitor)
        self._forget_if_empty(visitor.address)

    def late(self, visitor: Visitor) -> None:
        """Count and log a connection that did not keep its time, and end it."""
        self._counts["connections_late"] += 1
        self._late.line(logging.INFO, "a connection of %s was too slow and is closed", visitor.address)
        visitor.end()

    def broken(self, visitor: Visitor, error: Exception) -> None:
        """Count and log a connection with bytes at which a library failed, and end it."""
        self._counts["connections_broken"] += 1
        self._broken.line(
            logging.WARNING, "%s sent what cannot be understood (%s): dropped", visitor.address, type(error).__name__
        )
        log.debug("the library's error", exc_info=error)
        visitor.end()

    def _has_room_for(self, address: str) -> bool:
        room = self._addresses.get(address)
        if room is None or room.waiting < self.bounds.waiting_by_address or address in self._proxies:
            return True
        return self._make_room(room)

    def _enter_stage(self, visitor: Visitor) -> None:
        # Making room may have removed the address's last visitor.
        self._addresses.setdefault(visitor.address, _Address()).stages[visitor._stage][visitor] = None
        if visitor._stage == _INSIDE:
            self.inside += 1
        else:
            self.waiting += 1

    def _forget_if_empty(self, address: str) -> None:
        if not any(self._addresses[address].stages):
            del self._addresses[address]

    def _leave_stage(self, visitor: Visitor) -> None:
        del self._addresses[visitor.address].stages[visitor._stage][visitor]
        if visitor._stage == _INSIDE:
            self.inside -= 1
        else:
            self.waiting -= 1

    def _make_room(self, room: _Address | None) -> bool:
        visitor = room.oldest() if room is not None else None
        if visitor is None:
            return False
        self._counts["connections_gave_way"] += 1
        self._give_way.line(
            logging.WARNING, "a silent connection of %s gave way: %s", visitor.address, self._numbers()
        )
        visitor.end()
        # Its transport ends a moment later. It must not be chosen again before.
        visitor.left()
        return True

    def _numbers(self) -> str:
        return "%d of at most %d connections wait for their log-in, %d of %d are inside" % (
            self.waiting,
            self.bounds.waiting,
            self.inside,
            self.bounds.inside,
        )

    def _end_late_ones(self) -> None:
        now = self.now()
        late = [
            visitor
            for room in self._addresses.values()
            for stage in room.stages
            for visitor in stage
            if visitor.deadline is not None and visitor.deadline <= now
        ]
        for visitor in late:
            visitor.on_overdue()
        self._sweep = self._loop.call_later(self.patience / _SWEEPS, self._end_late_ones)
