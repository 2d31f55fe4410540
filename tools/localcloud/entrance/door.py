"""Accept connections on one socket, and make nothing for a connection before its first byte.

asyncio's own servers make a transport, a protocol, a task and with TLS a buffer of 256 KB for everyone who connects. If
the system has no descriptor left, they report that hundreds of times a second.
"""

import asyncio
import errno
import socket
import ssl
from asyncio import sslproto
from contextlib import suppress
from functools import partial
from typing import Any, Awaitable, Callable

from .visitors import Entrance, Visitor

BACKLOG = 4096
# asyncio gives each TLS connection a buffer of 256 KB. A record of TLS has at most 16.
sslproto.SSLProtocol.max_size = 16 * 1024  # type: ignore[attr-defined]
_AT_ONCE = 64
_RETRY_S = 0.2
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPALIVE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
"""A peer that has vanished is noticed after two minutes, even if MQTT asks for no keepalive."""


class Door:
    """A listening socket. Each connection gets the protocol that `protocol_for(visitor)` returns.

    It has what is used of asyncio.Server, so that libraries take it for one.
    """

    def __init__(
        self,
        entrance: Entrance,
        sock: socket.socket,
        protocol_for: Callable[[Visitor], asyncio.Protocol],
        tls: ssl.SSLContext | None = None,
        preface: Callable[[socket.socket, Visitor], Awaitable[None]] | None = None,
    ) -> None:
        """`preface` reads what comes before everything else, also before TLS. It raises OSError if that is wrong."""
        self.sockets = (sock,)
        self._entrance = entrance
        self._sock = sock
        self._protocol_for = protocol_for
        self._tls = tls
        self._preface = preface
        self._loop = asyncio.get_running_loop()
        self._retry: asyncio.TimerHandle | None = None
        self._arriving: set[asyncio.Task[None]] = set()
        self._is_open = False

    def open(self) -> None:
        """Start to accept."""
        self._is_open = True
        self._sock.setblocking(False)
        self._sock.listen(BACKLOG)
        self._loop.add_reader(self._sock.fileno(), self._accept)

    def is_serving(self) -> bool:
        """Return whether connections are accepted."""
        return self._is_open

    def close(self) -> None:
        """Accept no more, and close the socket. Connections go on."""
        if self._is_open:
            self._is_open = False
            if self._retry is not None:
                self._retry.cancel()
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()

    async def wait_closed(self) -> None:
        """Return at once: nothing is left to wait for."""

    def _accept(self) -> None:
        # A flood at one door must not keep the loop from everything else.
        for _ in range(_AT_ONCE):
            try:
                connection, peer = self._sock.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._pause(error)
                    return
                # The connection failed before we took it.
                continue
            self._meet(connection, peer[0])

    def _pause(self, error: OSError) -> None:
        self._entrance.accept_failed(error)
        self._entrance.make_room()
        self._loop.remove_reader(self._sock.fileno())
        self._retry = self._loop.call_later(_RETRY_S, self._go_on)

    def _go_on(self) -> None:
        self._loop.add_reader(self._sock.fileno(), self._accept)

    def _meet(self, connection: socket.socket, address: str) -> None:
        connection.setblocking(False)
        visitor = self._entrance.enter(address)
        if visitor is None:
            connection.close()
            self._entrance.refused(address)
            return
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _KEEPALIVE:
                if hasattr(socket, name):
                    connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        visitor.on_end = partial(self._turn_away, connection, visitor)
        self._loop.add_reader(connection.fileno(), self._hear, connection, visitor)

    def _turn_away(self, connection: socket.socket, visitor: Visitor) -> None:
        """End a connection that has said nothing."""
        self._loop.remove_reader(connection.fileno())
        connection.close()
        visitor.left()

    def _hear(self, connection: socket.socket, visitor: Visitor) -> None:
        """Begin with a connection at its first byte."""
        try:
            first = connection.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            first = b""
        if not first:
            self._turn_away(connection, visitor)
            return
        self._loop.remove_reader(connection.fileno())
        visitor.talks()
        task = self._loop.create_task(self._begin(connection, visitor))
        visitor.on_end = task.cancel
        self._arriving.add(task)
        task.add_done_callback(partial(self._begun, connection, visitor))

    async def _begin(self, connection: socket.socket, visitor: Visitor) -> None:
        """Set up the protocol, after the TLS handshake if there is one."""
        options: dict[str, Any] = {}
        if self._tls is not None:
            # The visitor's own deadline comes first.
            options.update(ssl=self._tls, ssl_handshake_timeout=visitor.patience + 1, ssl_shutdown_timeout=1)
        # If the handshake fails, that is counted, and not worth a line.
        with suppress(OSError):
            if self._preface is not None:
                await self._preface(connection, visitor)
            await self._loop.connect_accepted_socket(partial(self._protocol_for, visitor), connection, **options)

    def _begun(self, connection: socket.socket, visitor: Visitor, task: "asyncio.Task[None]") -> None:
        self._arriving.discard(task)
        if visitor.transport is None:
            # There is no protocol that will hear of the end.
            self._entrance.failed_handshake()
            connection.close()
            visitor.left()
