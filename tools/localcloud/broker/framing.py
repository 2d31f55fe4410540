"""Read whole MQTT packets of limited size from a byte stream, before amqtt parses them.

amqtt 0.12 parses while it reads. That has three faults, which reading whole packets avoids: it reads
a packet of any announced size (up to 256 MB), after a parser error it continues in the middle of a
packet, and lengths inside a packet can reach beyond its end into the next one.
"""

import asyncio
import ssl
from contextlib import suppress
from typing import Protocol

from amqtt.adapters import WriterAdapter
from amqtt.mqtt.packet import MQTTFixedHeader
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from ..entrance.visitors import Visitor
from ..reach.proxies import NO_PROXIES, Proxies

_CLOSE_TIMEOUT = 0.5
_MOST_AHEAD = 4096


class ProtocolViolation(Exception):
    """The client broke the rules of MQTT in a way that ends the connection."""


class EndOfStream(Exception):
    """The client closed the connection, or it was lost."""


class ByteStream(Protocol):
    """A stream to read bytes from."""

    async def read_exactly(self, count: int) -> bytes:
        """Return exactly `count` bytes. Raises `EndOfStream` if the connection ends before."""


async def read_packet(
    stream: ByteStream, max_size: int, only_type: int | None = None
) -> tuple[MQTTFixedHeader, bytes]:
    """Return the fixed header of the next packet and all bytes after it.

    Raises `ProtocolViolation` if the packet is too large or not of `only_type`, and `EndOfStream`.
    """
    first = (await stream.read_exactly(1))[0]
    if only_type is not None and first >> 4 != only_type:
        raise ProtocolViolation("packet of type %d instead of type %d" % (first >> 4, only_type))
    length = shift = 0
    while True:
        byte = (await stream.read_exactly(1))[0]
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 21:
            raise ProtocolViolation("remaining length of more than four bytes")
    if length > max_size:
        raise ProtocolViolation("packet of %d bytes, at most %d are allowed" % (length, max_size))
    body = await stream.read_exactly(length) if length else b""
    return MQTTFixedHeader(first >> 4, first & 0x0F, length), body


class TcpStream(WriterAdapter):
    """A TCP or TLS connection. asyncio has set TCP_NODELAY on it (see `reach.ports`)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, visitor: Visitor) -> None:
        self.visitor = visitor
        self._reader = reader
        self._writer = writer
        self._ahead = b""

    async def ended(self) -> None:
        """Return when the client has closed the connection. What it sends before is read later."""
        with suppress(OSError):
            while len(self._ahead) < _MOST_AHEAD:
                data = await self._reader.read(_MOST_AHEAD)
                if not data:
                    return
                self._ahead += data
            await self._writer.wait_closed()

    async def read_exactly(self, count: int) -> bytes:
        """Return exactly `count` bytes. Raises `EndOfStream` if the connection ends before."""
        if self._ahead:
            data, self._ahead = self._ahead[:count], self._ahead[count:]
            return data if len(data) == count else data + await self.read_exactly(count - len(data))
        try:
            return await self._reader.readexactly(count)
        except (asyncio.IncompleteReadError, OSError) as error:
            raise EndOfStream(str(error)) from None

    def write(self, data: bytes) -> None:
        """Queue bytes for sending."""
        if not self._writer.is_closing():
            self._writer.write(data)

    async def drain(self) -> None:
        """Wait while too much is queued."""
        await self._writer.drain()

    def get_peer_info(self) -> tuple[str, int]:
        """Return the client's address and port. The port is 0 if a proxy has told the address."""
        name = self._writer.get_extra_info("peername")
        if not name:
            return self.visitor.address, 0
        return (name[0], name[1]) if name[0] == self.visitor.address else (self.visitor.address, 0)

    def get_ssl_info(self) -> ssl.SSLObject | None:
        """Return the TLS session, or None on a plain connection."""
        return self._writer.get_extra_info("ssl_object")

    def abort(self) -> None:
        """Drop the connection and discard what is queued."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Send what is queued and close. Drop a client that does not read.

        amqtt's own adapter waits forever for a client that has stopped reading.
        """
        self._writer.close()
        with suppress(OSError, asyncio.TimeoutError):
            await asyncio.wait_for(self._writer.wait_closed(), _CLOSE_TIMEOUT)
        self.abort()


class WebSocketStream(WriterAdapter):
    """An MQTT byte stream in the binary messages of a WebSocket.

    amqtt's own adapter returns the last message twice if the connection ends inside a packet.
    """

    def __init__(self, connection: ServerConnection, visitor: Visitor, proxies: Proxies = NO_PROXIES) -> None:
        self.visitor = visitor
        self._connection = connection
        self._proxies = proxies
        self._received = bytearray()
        self._queued = bytearray()

    async def ended(self) -> None:
        """Return when the client has closed the connection."""
        await self._connection.wait_closed()

    async def read_exactly(self, count: int) -> bytes:
        """Return exactly `count` bytes, from as many messages as needed."""
        while len(self._received) < count:
            try:
                message = await self._connection.recv()
            except ConnectionClosed as error:
                raise EndOfStream(str(error)) from None
            if isinstance(message, str):
                raise ProtocolViolation("text message on the WebSocket")
            self._received += message
        data = bytes(self._received[:count])
        del self._received[:count]
        return data

    def write(self, data: bytes) -> None:
        """Queue bytes for the next message."""
        self._queued += data

    async def drain(self) -> None:
        """Send what is queued as one message."""
        data = bytes(self._queued)
        self._queued.clear()
        if data:
            try:
                await self._connection.send(data)
            except ConnectionClosed as error:
                raise ConnectionResetError(str(error)) from None

    def get_peer_info(self) -> tuple[str, int]:
        """Return the client's address and port."""
        name = self._connection.remote_address
        if not name:
            return "unknown", 0
        if self._connection.request is None or name[0] not in self._proxies:
            return name[0], name[1]
        return self._proxies.client_of(name[0], self._connection.request.headers.get_all("X-Forwarded-For")), 0

    def get_ssl_info(self) -> ssl.SSLObject | None:
        """Return the TLS session, or None on a plain connection."""
        return self._connection.transport.get_extra_info("ssl_object")

    def abort(self) -> None:
        """Drop the connection and discard what is queued."""
        self._connection.transport.abort()

    async def close(self) -> None:
        """Close with the WebSocket's handshake, but do not wait long for the client's part."""
        with suppress(ConnectionClosed, OSError, asyncio.TimeoutError):
            await asyncio.wait_for(self._connection.close(), _CLOSE_TIMEOUT)
        self.abort()


ClientStream = TcpStream | WebSocketStream
