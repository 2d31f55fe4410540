"""From an open stream to a WebSocket for MQTT: the opening handshake (RFC 6455, section 4).

Comes and goes: `connecting` enters it for the handshake, and unloads it after that. It does so with `http_head`, on
which it stands, as long as that has gone well: where it has not, both stay.
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
    """The handshake without I/O: send `request`, then hand the answer's bytes to `take`.

    It raises WebSocketError for a server that does not agree.
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
        """As Head.fail."""
        raise WebSocketError(why, self.status)

    def field(self, name, value):
        """As Head.field."""
        if name == b"sec-websocket-extensions":
            self.fail("the server wants an extension of WebSockets")
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
        """As Head.take."""
        if not super().take(byte):
            return False
        if self.status != 101:
            self.fail("the server answers HTTP %d in place of a WebSocket" % self.status)
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
    byte = memoryview(bytearray(1))  # one by one: what follows the answer is not ours to read
    done = False
    while not done:
        n = stream.readinto(byte)
        if n:
            done = handshake.take(byte[0])
        elif n is None:
            await stream
        else:
            raise EOFError("the server closed the connection")
