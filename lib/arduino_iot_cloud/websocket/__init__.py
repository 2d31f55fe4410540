"""MQTT over WebSocket (RFC 6455) as a client speaks it: `Frames`, without I/O, and `Stream` in front of a plain one.

Payload goes straight into the buffer of who reads; what is sent is masked in a small buffer, from where it goes out
as one fragment after the other. How a connection becomes a WebSocket is in `upgrade`.
"""

from os import urandom

from ..mqtt import MQTTError
from ..port import const

_START = const(6)  # of the payload in a frame of ours, behind head and key
_MAX = const(125)  # bytes of payload in such a frame: their number fits the second byte


class WebSocketError(MQTTError):
    """The server broke the protocol of WebSockets, or refused. `args`: the reason (str), the HTTP status or 0."""


def _mask(frame, data, at, n):
    # Complete a frame whose first byte is there: its payload are the `n` bytes of `data` from `at` on.
    frame[1] = 0x80 | n
    key = urandom(4)
    frame[2:_START] = key
    for i in range(n):
        frame[_START + i] = data[at + i] ^ key[i & 3]


class Frames:
    """What one client knows about its connection."""

    ended = False  # the server has closed
    reply = b""  # the pong or close frame that is owed: bytes to send between two frames
    _need = 2  # bytes of the head that are wanted
    _have = 0  # and there
    _left = 0  # bytes of payload that are still to come
    _control = None  # the frame that answers the control frame that is coming, its payload where that one's goes
    _part = 0  # an incoming message goes on with another frame
    _sending = 2  # opcode of the next frame out: binary, or 0 where a message goes on
    at = end = 0  # what of `out` is to be sent

    def __init__(self):
        self._head = memoryview(bytearray(10))
        self.out = memoryview(bytearray(_START + _MAX))

    # Inbound

    def room(self, view):
        """Where the next bytes from the server go: into `view`, a memoryview for payload, or elsewhere."""
        if not self._left:
            return self._head[self._have : self._need]
        if self._control:
            return memoryview(self._control)[-self._left :]
        return view[: self._left] if self._left < len(view) else view

    def received(self, n: int) -> int:
        """So many bytes were read into `room`. Returns how many of them are payload.

        Raises WebSocketError for what no server may send.
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
        # A frame begins, if its head is complete.
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
                good = good and n < 0x400000  # no more than a small int; MQTT packets end long before
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
        # A control frame is there.
        frame = self._control
        self._control = None
        if frame[0] == 0x8A:
            return
        self.ended = frame[0] == 0x88
        if self.ended or not self.reply:  # one pong at a time: while the server does not read, it need not ask again
            frame[0] = 0x88 if self.ended else 0x8A
            _mask(frame, frame, _START, len(frame) - _START)
            self.reply = frame

    # Outbound

    def frame(self, data, at: int, left: int):
        """Put as much as fits of a message, the `left` bytes of `data` from `at` on, into `out`, as a frame; a further
        call goes on with the rest."""
        n = min(left, _MAX)
        self.out[0] = self._sending | (0x80 if n == left else 0)
        self._sending = 2 if n == left else 0
        _mask(self.out, data, at, n)
        self.at = 0
        self.end = _START + n


class Stream(Frames):
    """A WebSocket on an open stream, with the same face."""

    def __init__(self, raw):
        super().__init__()
        self.raw = raw

    def __getattr__(self, name):
        # For `send`, which waits until the stream takes more.
        return getattr(self.raw, name)

    def __iter__(self):
        return self.raw

    def __await__(self):
        return self.raw.__await__()

    def readinto(self, view):
        """Read payload into a memoryview. Returns the number of bytes, 0 at the end, None where there is none yet."""
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
        """The handshake of TLS beneath is done."""
        self.raw.opened()

    def write(self, data, at: int = 0, n: "int | None" = None) -> int:
        """Send some of a packet: of the `n` bytes of `data` from `at` on, all where `n` is None. Returns how many of
        them have gone out; the next call is for the rest."""
        if self.at == self.end:
            if self._reply():
                return 0
            self.frame(data, at, len(data) if n is None else n)
        before = max(self.at, _START)
        self.at += self.raw.write(self.out, self.at, self.end - self.at) or 0
        return max(self.at, _START) - before

    def _reply(self):
        # Send the reply that is owed, unless a frame is half out. Returns what is left of it.
        if self.reply and self.at == self.end:
            self.reply = self.reply[self.raw.write(self.reply) or 0 :]
        return self.reply

    def close(self):
        """Say goodbye, if there is room for it, and close."""
        try:
            if not self.ended and self.at == self.end:
                self.reply = bytearray(b"\x88\0\0\0\0\0\x03\xe8")  # 1000: a normal end
                _mask(self.reply, self.reply, _START, 2)
                self._reply()
        except (OSError, ValueError):
            pass
        self.raw.close()
