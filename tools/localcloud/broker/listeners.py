"""The sockets of the broker: plain, TLS, mutual TLS, WebSocket, secure WebSocket."""

import asyncio
import logging
import socket
import ssl
from dataclasses import dataclass
from typing import Any

import websockets.asyncio.server
from websockets.typing import Subprotocol

from ..identity.certificates import KeyFiles
from ..proxies import Proxies
from .embedded_broker import MAX_PACKET, EmbeddedBroker
from .framing import TcpStream, WebSocketStream

log = logging.getLogger(__name__)
_TLS_TIMEOUT = 10
_BACKLOG = 512


@dataclass(frozen=True)
class Sockets:
    """Bound sockets, one for each listener."""

    mqtt: socket.socket
    mqtts: socket.socket
    mtls: socket.socket
    ws: socket.socket
    wss: socket.socket


class Listeners:
    """Accepts connections on all sockets and passes them to the broker."""

    def __init__(self, broker: EmbeddedBroker, server_files: KeyFiles, authority: KeyFiles, proxies: Proxies) -> None:
        self._broker = broker
        self._proxies = proxies
        self._tls = _context(server_files)
        self._mutual_tls = _context(server_files)
        self._mutual_tls.verify_mode = ssl.CERT_REQUIRED
        self._mutual_tls.load_verify_locations(authority.certificate)
        self._servers: list[asyncio.Server] = []
        self._web_servers: list[websockets.asyncio.server.Server] = []

    async def start(self, sockets: Sockets) -> None:
        """Start to accept connections."""
        for sock, context, by_certificate in (
            (sockets.mqtt, None, False),
            (sockets.mqtts, self._tls, False),
            (sockets.mtls, self._mutual_tls, True),
        ):
            options: dict[str, Any] = {"ssl": context}
            if context is not None:
                options["ssl_handshake_timeout"] = _TLS_TIMEOUT
                options["ssl_shutdown_timeout"] = 1
            server = await asyncio.start_server(
                self._stream_handler(by_certificate), sock=sock, backlog=_BACKLOG, **options
            )
            self._servers.append(server)
        for sock, context in ((sockets.ws, None), (sockets.wss, self._tls)):
            web_server = await websockets.asyncio.server.serve(
                self._web_handler,
                sock=sock,
                ssl=context,
                subprotocols=[Subprotocol("mqtt")],
                compression=None,
                max_size=MAX_PACKET + 5,
                ping_interval=None,
                open_timeout=_TLS_TIMEOUT,
                close_timeout=1,
            )
            self._web_servers.append(web_server)

    def stop(self) -> None:
        """Stop accepting. The broker ends the connections."""
        for server in self._servers:
            server.close()
        for web_server in self._web_servers:
            web_server.close(close_connections=False)

    def _stream_handler(self, by_certificate: bool) -> Any:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await self._broker.serve(TcpStream(reader, writer), by_certificate=by_certificate)
            except asyncio.CancelledError:
                # asyncio.streams would report a cancelled handler as an error, but that is how we stop.
                writer.transport.abort()

        return connected

    async def _web_handler(self, connection: websockets.asyncio.server.ServerConnection) -> None:
        await self._broker.serve(WebSocketStream(connection, self._proxies), by_certificate=False)


def _context(files: KeyFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.certificate, files.key)
    return context
