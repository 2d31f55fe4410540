"""uvicorn's connections, with what it lacks: a deadline for each step, and a place at the entrance."""

import asyncio
from typing import Any

import h11
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from ..entrance.visitors import Visitor

BODY_RATE = 8 * 1024
"""Bytes of a body that have to come each second, on average: 16 MB of firmware may take half an hour."""
READ_RATE = 1024
"""Bytes of an answer that have to be read each second while more is waiting than the system buffers."""
_LINGER = 0.5
"""Part of the patience for the rest of a body that was answered before it had come."""
_VISITOR = "visitor"


class HttpConnection(H11Protocol):
    """A connection with HTTP. A route that admits a request calls `request.state.visitor.admit()`."""

    def __init__(self, visitor: Visitor, config: Config, server_state: ServerState) -> None:
        super().__init__(config, server_state, {_VISITOR: visitor})
        self._visitor = visitor
        self._head_since: float | None = None
        self._body_since = 0.0
        self._answered = 0.0
        self._received = 0
        self._unread = 0
        self._upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a request."""
        self._visitor.met(transport)
        self._visitor.on_overdue = self._overdue
        self._visitor.talks()
        super().connection_made(transport)  # type: ignore[arg-type]
        self._head_since = self.loop.time()

    def connection_lost(self, error: Exception | None) -> None:
        """End the request."""
        self._visitor.left()
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request."""
        if self._head_since is None and self._is_between_requests:
            self._head_since, self._received = self.loop.time(), 0
        self._received += len(data)
        with self._visitor.dropped_for_errors():
            super().data_received(data)
            self._set_deadline()

    def on_response_complete(self) -> None:
        """Go on after an answer, perhaps with a request that has already come."""
        self._answered = self.loop.time()
        self._head_since = None
        self._visitor.talks()
        super().on_response_complete()
        self._set_deadline()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Leave the connection to a WebSocket."""
        self._upgraded = True
        super().handle_websocket_upgrade(event)

    def pause_writing(self) -> None:
        """Wait until the peer has read."""
        super().pause_writing()
        self._unread = self.transport.get_write_buffer_size()
        self._set_deadline()

    def resume_writing(self) -> None:
        """Go on after the peer has read."""
        super().resume_writing()
        self._set_deadline()

    @property
    def _is_between_requests(self) -> bool:
        return self.cycle is None or (self.cycle.response_complete and self.conn.their_state is not h11.SEND_BODY)

    def _set_deadline(self) -> None:
        """Give the peer time for what is expected of it now."""
        if self._upgraded or self.transport is None:
            return
        visitor, now = self._visitor, self.loop.time()
        if self.conn.their_state is h11.IDLE and self.cycle is None or self._is_between_requests:
            since = self._answered + self.timeout_keep_alive if self._head_since is None else self._head_since
            self._body_since = 0.0
            self._give(since + visitor.patience - now)
        elif self.flow.write_paused:
            self._give(visitor.patience)
        elif self.conn.their_state is not h11.SEND_BODY:
            visitor.waits()
        elif self.cycle.response_complete:
            self._give(self._answered + visitor.patience * _LINGER - now)
        else:
            if not self._body_since:
                self._body_since = now
            self._give(self._body_since + visitor.patience + self._received / BODY_RATE - now)

    def _give(self, seconds: float) -> None:
        """Give so many seconds. A request that was admitted keeps its place inside."""
        visitor = self._visitor
        if visitor.is_inside:
            visitor.deadline = self.loop.time() + seconds
        else:
            visitor.talks(seconds)

    def _overdue(self) -> None:
        """End the connection, unless it has to wait for us, or the peer has read enough meanwhile."""
        visitor = self._visitor
        if not self._upgraded and self.flow.read_paused and not self.flow.write_paused:
            if self.cycle is not None and not self.cycle.response_complete:
                self._give(visitor.patience)
                return
        unread = self.transport.get_write_buffer_size()
        if unread and self._unread - unread >= READ_RATE * visitor.patience:
            self._unread = unread
            self._give(visitor.patience)
            return
        self._unread = unread
        visitor.too_slow()


class WebSocketConnection(WebSocketsSansIOProtocol):
    """A connection with a WebSocket. The route calls `socket.state.visitor.admit()`, or refuses it."""

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
        super().__init__(config, server_state, app_state)
        self._visitor: Visitor = app_state[_VISITOR]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with the handshake, which has come."""
        self._visitor.on_overdue = self._visitor.too_slow
        self._visitor.talks()
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """End the WebSocket."""
        self._visitor.left()
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Take bytes of the handshake or of messages."""
        with self._visitor.dropped_for_errors():
            super().data_received(data)
