"""The server's side of a WebSocket (RFC 6455) in front of the simulated world's broker."""

from binascii import b2a_base64
from hashlib import sha1

from .clock import clock

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class WebSocket:
    """A connection that becomes a WebSocket. To the session behind it, it looks like a connection."""

    def __init__(self, connection, accept, chance):
        self.connection = connection
        self.chance = chance
        self.buffer = b""
        self.upgraded = False
        self._message = False  # a message has begun
        self.session = accept(self)

    def received(self, data, sent):
        """Take bytes from the client."""
        self.buffer += data
        if not self.upgraded:
            self._upgrade()
        while self.upgraded and self._frame(sent):
            pass

    def _upgrade(self):
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        self.buffer = rest
        fields = {}
        lines = head.split(b"\r\n")
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            fields[name.strip().lower()] = value.strip()
        if not lines[0].startswith(b"GET /mqtt HTTP/1.1") or fields.get(b"sec-websocket-protocol") != b"mqtt":
            clock.fail("a malformed request for a WebSocket: %r" % head)
        accept = b2a_base64(sha1(fields[b"sec-websocket-key"] + _GUID).digest())[:-1]
        self.upgraded = True
        self.connection.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )

    def _frame(self, sent):
        buffer = self.buffer
        if len(buffer) < 2:
            return False
        n = buffer[1] & 127
        pos = 2
        if n > 125:
            pos = 4 if n == 126 else 10
            if len(buffer) < pos:
                return False
            n = int.from_bytes(buffer[2:pos], "big")
        if not buffer[1] & 128:
            clock.fail("a frame of the client is not masked")
        if len(buffer) < pos + 4 + n:
            return False
        key = buffer[pos : pos + 4]
        data = bytearray(buffer[pos + 4 : pos + 4 + n])
        for i in range(n):
            data[i] ^= key[i & 3]
        self.buffer = buffer[pos + 4 + n :]
        self._take(buffer[0], bytes(data), sent)
        return True

    def _take(self, first, data, sent):
        kind = first & 15
        if kind == 8:
            self.connection.finish()
        elif kind == 9:
            self._send(0x8A, data)
        elif kind == 10:
            pass
        elif kind == (0 if self._message else 2):
            self._message = first < 128
            self.session.received(data, sent)
        else:
            clock.fail("a frame of the client begins with 0x%02x" % first)

    def _send(self, first, data):
        n = len(data)
        head = bytes((first, n)) if n < 126 else bytes((first, 126, n >> 8, n & 255))
        self.connection.send(head + data)

    # What the session sees

    def send(self, data):
        """Send a message, by chance in fragments."""
        if self.chance.one_in(8):
            self._send(0x89, b"are you there")
        opcode = 2
        while len(data) > 1 and self.chance.one_in(3):
            n = self.chance.between(1, len(data) - 1)
            self._send(opcode, data[:n])
            data = data[n:]
            opcode = 0
        self._send(0x80 | opcode, data)

    def ended(self):
        """Note that the connection has ended."""
        self.session.ended()

    def finish(self):
        """Close it for the session."""
        self._send(0x88, b"\x03\xe8")
        self.connection.finish()

    @property
    def reads(self):
        return self.connection.reads
