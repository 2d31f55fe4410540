"""The opening handshake that makes a stream a WebSocket for MQTT (RFC 6455, section 4).

Temporary: `loop.connecting` imports it for the handshake, then unloads it. This module unloads `http.head`, which it
uses. After a failed handshake both stay.
"""

from binascii import b2a_base64
from hashlib import sha1
from os import urandom

from ..http.head import Head
from ..port import forget, inside
from ..sending import send
from . import Stream, WebSocketError

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Upgrade(Head):
    """The handshake without I/O: send `request`, then pass the answer's bytes to `take`.

    It raises WebSocketError if the server does not agree.
    """

    def __init__(self, host: str, path: str = "/mqtt", key: "bytes | None" = None):
        super().__init__()
        key = b2a_base64(key or urandom(16))[:-1]
        self.request = (
            "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
            % (path, host, key.decode())
        ).encode()
        self._missing = {
            b"upgrade": b"websocket",
            b"connection": b"upgrade",
            b"sec-websocket-protocol": b"mqtt",
            b"sec-websocket-accept": b2a_base64(sha1(key + _GUID).digest())[:-1],
        }

    def fail(self, why):
        """Raise WebSocketError for this reason."""
        raise WebSocketError(why, self.status)

    def field(self, name, value):
        """Check a header field. See Head.field."""
        if name == b"sec-websocket-extensions":
            self.fail("the server requires a WebSocket extension")
        wanted = self._missing.get(name)
        if wanted and (
            value == wanted
            or name == b"upgrade"
            and value.lower() == wanted
            or name == b"connection"
            and wanted in [token.strip() for token in value.lower().split(b",")]
        ):
            del self._missing[name]

    def take(self, byte):
        """Parse the next byte, and check the complete head. See Head.take."""
        if not super().take(byte):
            return False
        if self.status != 101:
            self.fail("the server answers HTTP %d instead of a WebSocket" % self.status)
        for name in self._missing:
            self.fail("the server's %s is wrong or missing" % name.decode())
        return True


async def upgrade(stream, host: str, path: str = "/mqtt"):
    """Make an open stream a WebSocket. Returns a websocket.Stream. Raises OSError, EOFError or WebSocketError."""
    handshake = Upgrade(host, path)
    inside("http.head", 1)
    try:
        await _shake_hands(stream, handshake)
    finally:
        inside("http.head", -1)
    forget("http.head")
    return Stream(stream)


async def _shake_hands(stream, handshake):
    await send(stream, handshake.request)
    byte = memoryview(bytearray(1))  # byte by byte, so as not to read beyond the answer
    done = False
    while not done:
        n = stream.readinto(byte)
        if n:
            done = handshake.take(byte[0])
        elif n is None:
            await stream
        else:
            raise EOFError("the server closed the connection")
