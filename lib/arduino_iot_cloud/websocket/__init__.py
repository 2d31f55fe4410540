"""The client's side of MQTT over WebSocket (RFC 6455): `Frames`, without I/O, and `Stream`, on top of a plain one.

Payload is read directly into the caller's buffer. Outgoing payload is masked in a small buffer, and leaves it as one
fragment after the other. `upgrade` makes a connection a WebSocket.
"""

from os import urandom

from ..mqtt import MQTTError
from ..port import const

_START = const(6)  # offset of the payload in an outgoing frame, after head and key
_MAX = const(125)  # bytes of payload in an outgoing frame: the second byte has room for this length


class WebSocketError(MQTTError):
    """The server violated the WebSocket protocol, or refused. `args`: the reason (str), the HTTP status (int, or 0)."""


def _mask(frame, data, at, n):
    # Complete a frame that has its first byte: its payload is the `n` bytes of `data` from `at` on.
    frame[1] = 0x80 | n
    key = urandom(4)
    frame[2:_START] = key
    for i in range(n):
        frame[_START + i] = data[at + i] ^ key[i & 3]


class Frames:
    """The state of one client's connection."""

    ended = False  # the server has closed the connection
    reply = b""  # the pong or close frame that is due: bytes to send between two frames
    _need = 2  # how many bytes of the head are needed
    _have = 0  # how many of them have arrived
    _left = 0  # bytes of payload that follow
    _control = None  # the answer to the control frame that is arriving, whose payload is read into it
    _part = 0  # an incoming message continues in another frame
    _sending = 2  # opcode of the next outgoing frame: 2 for binary, 0 to continue a message
    at = end = 0  # which bytes of `out` are due

    def __init__(self):
        self._head = memoryview(bytearray(10))
        self.out = memoryview(bytearray(_START + _MAX))

    # Inbound

    def room(self, view):
        """Return where to read the next bytes from the server: `view`, a memoryview for payload, or another one."""
        if not self._left:
            return self._head[self._have : self._need]
        if self._control:
            return memoryview(self._control)[-self._left :]
        return view[: self._left] if self._left < len(view) else view

    def received(self, n: int) -> int:
        """Parse the `n` bytes that were read into `room`. Returns how many of them are payload.

        Raises WebSocketError for a frame that no server may send.
        """
        if self._left:
            self._left -= n
            if not self._control:
                return n
        else:
            self._have += n
            if self._have < self._need or not self._begin():
                return 0
        if self._control and not self._left:
            self._answer()
        return 0

    def _begin(self):
        # Begin a frame if its head is complete. Returns whether it is.
        head = self._head
        n = head[1]
        if self._need == 2 and 125 < n < 128:
            self._need = 4 if n == 126 else 10
            return False
        first = head[0]
        kind = first & 15
        good = n < 128 and not first & 0x70  # unmasked; no extensions
        if self._need > 2:
            n = 0
            for i in range(2, self._need):
                good = good and n < 0x400000  # so that it stays a small int; MQTT packets are far smaller
                n = n << 8 | head[i]
            good = good and n > (125 if self._need == 4 else 65535)
        if kind > 7:
            good = good and kind < 11 and first > 127 and n < 126
        else:
            good = good and kind == (0 if self._part else 2)
            self._part = first < 128
        if not good:
            raise WebSocketError("malformed WebSocket frame", 0)
        self._have = 0
        self._need = 2
        self._left = n
        if kind > 7:
            self._control = bytearray(_START + n)
            self._control[0] = first
        return True

    def _answer(self):
        # Answer a complete control frame.
        frame = self._control
        self._control = None
        if frame[0] == 0x8A:
            return
        self.ended = frame[0] == 0x88
        if self.ended or not self.reply:  # one pong at a time, since the server may ping without reading
            frame[0] = 0x88 if self.ended else 0x8A
            _mask(frame, frame, _START, len(frame) - _START)
            self.reply = frame

    # Outbound

    def frame(self, data, at: int, left: int):
        """Put a message, the `left` bytes of `data` from `at` on, into `out` as a frame, as far as it fits. Another
        call continues with the rest."""
        n = min(left, _MAX)
        self.out[0] = self._sending | (0x80 if n == left else 0)
        self._sending = 2 if n == left else 0
        _mask(self.out, data, at, n)
        self.at = 0
        self.end = _START + n


class Stream(Frames):
    """A WebSocket on an open stream, with the same interface."""

    def __init__(self, raw):
        super().__init__()
        self.raw = raw

    def __getattr__(self, name):
        # For `send`, which waits until the stream accepts more.
        return getattr(self.raw, name)

    def __iter__(self):
        return self.raw

    def __await__(self):
        return self.raw.__await__()

    def readinto(self, view):
        """Read payload into a memoryview. Returns the number of bytes, 0 at the end, None if there are none yet."""
        while not self.ended:
            n = self.raw.readinto(self.room(view))
            if not n:
                return n
            n = self.received(n)
            self._reply()
            if n:
                return n
        return 0

    def opened(self):
        """Note that the TLS handshake is done."""
        self.raw.opened()

    def write(self, data, at: int = 0, n: "int | None" = None) -> int:
        """Send a part of a packet: of the `n` bytes of `data` from `at` on, or of all if `n` is None. Returns how many
        of them were sent; the next call must continue with the rest."""
        if self.at == self.end:
            if self._reply():
                return 0
            self.frame(data, at, len(data) if n is None else n)
        before = max(self.at, _START)
        self.at += self.raw.write(self.out, self.at, self.end - self.at) or 0
        return max(self.at, _START) - before

    def _reply(self):
        # Send the reply that is due, unless a frame is half sent. Returns the unsent part of the reply.
        if self.reply and self.at == self.end:
            self.reply = self.reply[self.raw.write(self.reply) or 0 :]
        return self.reply

    def close(self):
        """Send a close frame, if the stream accepts it, and close."""
        try:
            if not self.ended and self.at == self.end:
                self.reply = bytearray(b"\x88\0\0\0\0\0\x03\xe8")  # 1000: a normal end
                _mask(self.reply, self.reply, _START, 2)
                self._reply()
        except (OSError, ValueError):
            pass
        self.raw.close()
