"""The head of an HTTP/1.1 response (RFC 9112), without I/O.

Temporary: `websocket.upgrade` uses it and unloads it, unless `http.client`, which stays, is loaded.
"""

from ..port import const

_LINE = const(200)  # bytes of a line that are kept: the fields that matter are short
_LONG_LINE = const(1000)  # likewise for a redirect, whose target may be long
_TOTAL = const(16384)


class HTTPError(Exception):
    """The server violated the protocol. `args`: the reason (str), the status (int, 0 for none)."""


def shown(value) -> str:
    """Return bytes from a server as one line of text for people, with blanks for all but printable ASCII."""
    return "".join([chr(byte) if 32 <= byte < 127 else " " for byte in value]).strip()


class Head:
    """Parses a head byte by byte, and calls `field`, for subclasses, with each of its fields."""

    status = 0
    version = 0  # x of HTTP/1.x: 0 or 1
    cut = False  # the line was too long to be kept whole
    _total = 0
    _n = 0

    def __init__(self):
        self._line = bytearray(_LINE)

    def fail(self, why: str):
        """Raise HTTPError for this reason; a subclass may raise its own error."""
        raise HTTPError(why, self.status)

    def field(self, name: bytes, value: bytes):
        """Handle a header field, whose name is in lower case: ignore it."""

    def take(self, byte: int) -> bool:
        """Parse the next byte. Returns whether it is the head's last. Raises HTTPError for a malformed head."""
        self._total += 1
        if self._total > _TOTAL:
            self.fail("the head of the answer is too long")
        if byte != 10:
            if self._n < len(self._line):
                self._line[self._n] = byte
            self._n += 1
            return False
        n = min(self._n, len(self._line))
        self.cut = self._n > n
        self._n = 0
        if n and self._line[n - 1] == 13:
            n -= 1
        line = bytes(self._line[:n])
        if not self.status:
            number = line[9:12]
            if line[:9] not in (b"HTTP/1.1 ", b"HTTP/1.0 ") or len(number) < 3 or not number.isdigit():
                self.fail(self._foreign())
            self.status = int(number)
            self.version = line[7] - 48
            if 300 < self.status < 400:
                self._line = bytearray(_LONG_LINE)
            return False
        if not line:
            return True
        colon = line.find(b":")
        if colon < 1 or line[0] <= 32 or line[colon - 1] <= 32:
            self.fail("malformed header field")
        self.field(line[:colon].lower(), line[colon + 1 :].strip())
        return False

    def _foreign(self):
        # What the answer is instead of HTTP: a TLS alert begins with the byte 21, a TLS handshake with 22.
        if self._line[0] in (21, 22):
            return "the answer is not HTTP but TLS: should the address begin with https?"
        return "the answer is not HTTP"
