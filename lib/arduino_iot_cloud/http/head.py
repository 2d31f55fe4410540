"""The head of an HTTP/1.1 response (RFC 9112), without I/O.

Comes and goes with `upgrade`; whatever stays and stands on it, such as `http`, has entered it for good.
"""

from ..port import const

_LINE = const(200)  # what is kept of a line: the fields that matter are short
_LONG_LINE = const(1000)  # but for where a redirect leads
_TOTAL = const(16384)


class HTTPError(Exception):
    """The server broke the protocol. `args`: the reason (str), the status (int, 0 for none)."""


def shown(value) -> str:
    """Bytes that a server sent as text for people, in one line: other characters than those of ASCII are blanks."""
    return "".join([chr(byte) if 32 <= byte < 127 else " " for byte in value]).strip()


class Head:
    """Takes a head byte by byte. Subclasses get its fields by `field`."""

    status = 0
    version = 0  # 0 or 1, of HTTP/1.x
    cut = False  # the line was longer than what is kept of it
    _total = 0
    _n = 0

    def __init__(self):
        self._line = bytearray(_LINE)

    def fail(self, why: str):
        """Raise the error of this protocol."""
        raise HTTPError(why, self.status)

    def field(self, name: bytes, value: bytes):
        """Take a header field; its name is in lower case. Here: ignore it."""

    def take(self, byte: int) -> bool:
        """Take the next byte. Returns whether it is the head's last. Raises HTTPError for what is no head."""
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
        # What it is if it is not HTTP: the first byte of TLS's alert is 21, of its other records 22.
        if self._line[0] in (21, 22):
            return "the answer is not HTTP but TLS: the address begins with https, it seems"
        return "the answer is not HTTP"
