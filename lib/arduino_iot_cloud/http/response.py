"""HTTP/1.1 responses (RFC 9112): `Response` parses them without I/O, and reads their bodies.

A body is read in pieces into the caller's buffer. No buffer grows with what the server sends.
"""

from ..port import const, ticks_add, ticks_diff, ticks_ms
from .head import Head, HTTPError, shown

_TYPES = const(0)  # true for type checkers, which read what is below it
if _TYPES:
    from typing import Any

# What a Response expects next
_HEAD = const(0)
_SIZE = const(1)  # the line with a chunk's size
_BODY = const(2)
_CHUNK_END = const(3)  # the line end after a chunk
_TRAILER = const(4)
_DONE = const(5)


class BodyError(HTTPError):
    """The body cannot be read: it is compressed, too long, or too large for memory. Asking again does not help."""


class Response(Head):
    """A response: `status` (int), `headers` (a dict of the kept ones, bytes by str), the body by `read` or `readinto`.

    Without I/O it is used like websocket.Frames: bytes are read into `room`, and `received` returns how many are body.
    """

    connection: "Any"
    _end: "Any"

    def __init__(self, method: str = "GET", keep=()):
        super().__init__()
        self._empty = method == "HEAD"
        self._keep = keep
        self._byte = memoryview(bytearray(1))
        self._again()
        self.connection = self._end = None

    def _again(self):
        self.headers = {}
        self._at = _HEAD
        self._left = None  # bytes left of the body or the chunk; None: until the connection ends
        self._chunked = False
        self._coding = None  # how the body is compressed, None if it is not
        self.stays = True  # the connection can be used again after the body
        self.status = 0

    @property
    def done(self) -> bool:
        """Whether the whole response has been received."""
        return self._at == _DONE

    @property
    def begun(self) -> bool:
        """Whether the head has been received."""
        return self._at != _HEAD

    def field(self, name, value):
        """Handle a header field. See Head.field."""
        if name == b"content-length":
            n = int(value) if value.isdigit() and len(value) < 16 else -1
            if n < 0 or self._left not in (None, n):
                self.fail("malformed Content-Length")
            self._left = n
        elif name == b"transfer-encoding":
            if value.lower() != b"chunked" or self._chunked:
                self.fail("unknown transfer coding (%s)" % shown(value))
            self._chunked = True
        elif name == b"content-encoding":
            if value.lower() not in (b"", b"identity"):
                self._coding = value
        elif name == b"connection":
            for token in value.lower().split(b","):
                if token.strip() == b"close":
                    self.stays = False
        name = name.decode() if max(name) < 128 else ""
        if name in self._keep:
            self.headers[name] = value + b"\xe2\x80\xa6" if self.cut else value

    def room(self, view):
        """Return where to read the next bytes from the server: `view`, a memoryview for the body, or another one."""
        if self._at != _BODY:
            return self._byte
        return view if self._left is None or self._left >= len(view) else view[: self._left]

    def received(self, n: int) -> int:
        """Parse the `n` bytes that were read into `room`. Returns how many of them are body. Raises HTTPError."""
        if self._at == _BODY:
            if self._left is not None:
                self._left -= n
                if not self._left:
                    self._at = _CHUNK_END if self._chunked else _DONE
            return n
        byte = self._byte[0]
        if self._at == _HEAD:
            if self.take(byte):
                self._head()
        elif self._at == _SIZE:
            self._size(byte)
        elif byte == 10:
            if self._at == _CHUNK_END:
                self._at = _SIZE
                self._left = None
            elif self._n == 0:
                self._at = _DONE
            self._n = 0
        elif self._at == _CHUNK_END:
            if byte != 13:
                self.fail("malformed chunk")
        elif byte != 13:  # trailer fields are skipped
            self._n = 1
            self._total += 1
            if self._total > 16384:
                self.fail("the trailer of the answer is too long")
        return 0

    def ended(self):
        """Note that the connection has ended. Raises HTTPError if the response is not complete."""
        if self._at == _BODY and self._left is None:
            self._at = _DONE
        elif self._at != _DONE:
            tls = not self.status and self._n and self._line[0] == 21
            self.fail(self._foreign() if tls else "the connection ended inside the answer")

    def _head(self):
        # Work out what follows the complete head.
        if self.status < 200:
            if self.status == 101:
                self.fail("the server switches protocols")
            self._again()  # another head follows
            return
        if self._chunked and self._left is not None:
            self.fail("two lengths")
        if not self.version:
            self.stays = False
        if self._empty or self.status in (204, 304) or not self._chunked and self._left == 0:
            self._at = _DONE
        elif self._chunked:
            self._at = _SIZE
        else:
            self._at = _BODY
            if self._left is None:
                self.stays = False

    def _size(self, byte):
        # Parse a byte of the line with a chunk's size: digits, perhaps an extension, the line end.
        if byte == 10:
            if self._left is None:
                self.fail("malformed chunk")
            self._at = _BODY if self._left else _TRAILER
            self._n = 0
        elif byte == 59 or byte <= 32 or self._n:
            self._n += 1  # an extension is skipped, within reason
            if self._n > 1000:
                self.fail("malformed chunk")
        else:
            digit = byte - 48 if byte < 58 else (byte | 32) - 87 if byte > 64 else -1
            if not 0 <= digit < 16 or (self._left or 0) > 0x3FFFFFF:
                self.fail("malformed chunk")
            self._left = (self._left or 0) << 4 | digit

    # With I/O

    async def readinto(self, buf) -> int:
        """Read the next piece of the body into `buf`. Returns the number of bytes, 0 at the end.

        Raises OSError, also when the time of the request is up; HTTPError; BodyError if asking again does not help.
        """
        if self.done:
            return 0
        self.connection._free()
        if self._coding:
            self._unwanted("the body is compressed (%s), which was not asked for" % shown(self._coding))
        view = memoryview(buf)
        try:
            if ticks_diff(self._end, ticks_ms()) <= 0:
                raise OSError(110)  # ETIMEDOUT, even if there are always more bytes
            n = self._take(view)
        except BaseException:
            self.connection._drop(self)
            raise
        if n is None:
            n = await self.connection._in_time(self._read(view), self)
        return n

    def more_time(self, spent: int = 0):
        """Restart the request's timeout, less the `spent` ms: for a body that is read over a long time."""
        self._end = ticks_add(ticks_ms(), int(self.connection.timeout * 1000) - spent)

    def _unwanted(self, why):
        self.connection._drop(self)
        raise BodyError(why, self.status)

    async def _read(self, view):
        while True:
            n = self._take(view)
            if n is not None:
                return n
            await self.connection.stream

    def _take(self, view):
        # Read without waiting. Returns the number of body bytes, 0 at the end of body or head, None if none are there.
        stream = self.connection.stream
        if self.connection._last not in (self, None):
            self.fail("another request was made before the answer was read")
        if not stream:
            raise OSError(103)  # ECONNABORTED: this side has closed it
        while not self.done:
            begun = self.begun
            n = stream.readinto(self.room(view))
            if n:
                n = self.received(n)
                if self.done:
                    self.connection._finished(self)
                if n or self.begun and not begun:
                    return n
            elif n is None:
                return None
            else:
                self.stays = False
                self.ended()
                self.connection._finished(self)
        return 0

    async def read(self, limit: int = 4096) -> bytes:
        """Read the whole body. Raises BodyError if it is longer than `limit` bytes or does not fit into memory, and
        whatever `readinto` raises."""
        if not 0 <= limit < 1 << 30:
            raise ValueError("limit is a number of bytes from 0 to 1 GB, not %r" % (limit,))
        body = bytearray(0)
        piece = bytearray(min(limit + 1, 512))
        while True:
            n = await self.readinto(piece)
            try:
                if not n:
                    return bytes(body)
                if len(body) + n > limit:
                    self._unwanted("the answer has more than %d bytes" % limit)
                body.extend(memoryview(piece)[:n])
            except MemoryError:
                n += len(body)
                del body
                self._unwanted("out of memory after %d bytes of the answer" % n)
