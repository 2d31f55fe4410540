"""The sockets of the broker: plain, TLS, mutual TLS, WebSocket, secure WebSocket."""

import asyncio
import logging
import socket
import ssl
from dataclasses import dataclass
from functools import partial
from typing import Sequence

from websockets.asyncio.server import Server, ServerConnection
from websockets.server import ServerProtocol
from websockets.typing import Origin, Subprotocol

from ..entrance.door import Door
from ..entrance.few_lines import FewLines
from ..entrance.visitors import Entrance, Visitor
from ..identity.key_files import KeyFiles
from ..reach.proxies import Proxies
from .embedded_broker import MAX_PACKET, EmbeddedBroker
from .framing import TcpStream, WebSocketStream
from .proxy_protocol import NoHeader, read_client

log = logging.getLogger(__name__)
_quiet = logging.getLogger(__name__ + ".websockets")
"""Whoever sends garbage instead of a handshake would get a traceback into the log."""
_quiet.setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Sockets:
    """Bound sockets, one for each listener."""

    mqtt: socket.socket
    mqtts: socket.socket
    mtls: socket.socket
    ws: socket.socket
    wss: socket.socket


@dataclass(frozen=True)
class Listening:
    """How the listeners take connections."""

    entrance: Entrance
    certificate: KeyFiles
    """The server's key and certificate."""
    authority: KeyFiles
    """Whose certificates the listener with mutual TLS accepts."""
    proxies: Proxies
    """Proxies that are believed when they say a client's address."""
    origins: Sequence[str] = ()
    """Origins of the web pages that may use MQTT over WebSocket."""


class Listeners:
    """Accepts connections on all sockets and passes them to the broker."""

    def __init__(self, broker: EmbeddedBroker, how: Listening) -> None:
        self._broker = broker
        self._entrance = how.entrance
        self._proxies = how.proxies
        # Browsers always say which page a WebSocket is for. Boards and programs do not.
        self._origins: list[Origin | None] = [None, *map(Origin, how.origins)]
        self._tls = _context(how.certificate)
        self._mutual_tls = _context(how.certificate)
        self._mutual_tls.verify_mode = ssl.CERT_REQUIRED
        self._mutual_tls.load_verify_locations(how.authority.certificate)
        self._doors: list[Door] = []
        self._odd_proxies = FewLines(log)

    async def start(self, sockets: Sockets) -> None:
        """Start to accept connections."""
        for sock, context, by_certificate in (
            (sockets.mqtt, None, False),
            (sockets.mqtts, self._tls, False),
            (sockets.mtls, self._mutual_tls, True),
        ):
            connection = partial(_StreamConnection, self._broker, by_certificate)
            preface = self._hear_proxy if self._proxies else None
            self._doors.append(Door(self._entrance, sock, connection, context, preface))
        for sock, context in ((sockets.ws, None), (sockets.wss, self._tls)):
            server = Server(self._serve_web_socket, open_timeout=self._entrance.patience, logger=_quiet)
            door = Door(self._entrance, sock, partial(self._web_socket, server), context)
            server.wrap(door)  # type: ignore[arg-type]
            self._doors.append(door)
        for door in self._doors:
            door.open()

    def renew(self, server_files: KeyFiles) -> None:
        """Show this certificate in new connections. Raises OSError if it cannot be loaded."""
        for context in (self._tls, self._mutual_tls):
            context.load_cert_chain(server_files.certificate, server_files.key)

    def stop(self) -> None:
        """Stop accepting. The broker ends the connections."""
        for door in self._doors:
            door.close()

    async def _hear_proxy(self, connection: socket.socket, visitor: Visitor) -> None:
        """Read who has connected to a proxy. Raises OSError if it does not say so."""
        if visitor.address not in self._proxies:
            return
        try:
            client = await read_client(connection)
        except NoHeader as error:
            self._odd_proxies.line(logging.WARNING, "%s: the connection of a proxy %s: closed", visitor.address, error)
            raise
        if client is not None and not visitor.comes_from(client):
            raise ConnectionRefusedError("no room for this address")

    def _web_socket(self, server: Server, visitor: Visitor) -> "_WebSocketConnection":
        protocol = ServerProtocol(
            origins=self._origins, subprotocols=[Subprotocol("mqtt")], max_size=MAX_PACKET + 5, logger=_quiet
        )
        return _WebSocketConnection(protocol, server, visitor)

    async def _serve_web_socket(self, connection: ServerConnection) -> None:
        assert isinstance(connection, _WebSocketConnection)
        stream = WebSocketStream(connection, connection.visitor, self._proxies)
        await self._broker.serve(stream, by_certificate=False)


class _StreamConnection(asyncio.StreamReaderProtocol):
    """A connection whose bytes are MQTT."""

    def __init__(self, broker: EmbeddedBroker, by_certificate: bool, visitor: Visitor) -> None:
        super().__init__(asyncio.StreamReader(), self._connected)
        self._broker = broker
        self._by_certificate = by_certificate
        self._visitor = visitor

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve."""
        self._visitor.met(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell everybody that the connection has ended."""
        self._visitor.left()
        super().connection_lost(error)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._broker.serve(TcpStream(reader, writer, self._visitor), by_certificate=self._by_certificate)
        except asyncio.CancelledError:
            # asyncio.streams would report a cancelled handler as an error, but that is how we stop.
            writer.transport.abort()


class _WebSocketConnection(ServerConnection):
    """A connection whose WebSocket has MQTT in it."""

    def __init__(self, protocol: ServerProtocol, server: Server, visitor: Visitor) -> None:
        super().__init__(protocol, server, ping_interval=None, close_timeout=1)
        self.visitor = visitor

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with the WebSocket's handshake."""
        self.visitor.met(transport)
        self.visitor.talks()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes of the handshake or of messages."""
        with self.visitor.dropped_for_errors():
            super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell everybody that the connection has ended."""
        self.visitor.left()
        super().connection_lost(error)


def _context(files: KeyFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.certificate, files.key)
    return context
