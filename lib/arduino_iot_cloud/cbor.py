"""CBOR (RFC 8949), the part that every message needs: heads, numbers and strings, in one buffer.

`Writer` writes items one after the other into a buffer that its owner reuses, and
`Reader` reads them out of one. So a message costs no more heap than its values.
`cbor_rest` decodes containers, tags and other rare items, and is imported for the
first of them; `cbor_item` encodes and decodes whole items of every kind.
"""

from struct import pack_into, unpack_from

single = bytearray(4)  # scratch, to try whether a float fits into single precision


class CBORError(ValueError):
    """Bytes that are not a well-formed CBOR item, or an item out of range.

    `args` holds the reason (str) and the offset in the buffer (int) at which it was noticed.
    """


class Writer:
    """Writes CBOR items one after the other into `buf`, from `pos` on.

    An item that does not fit is counted but not written. If `pos > len(buf)`
    afterwards, the buffer was too small by the difference.
    """

    def __init__(self, buf, pos: int = 0):
        self.buf = buf
        self.pos = pos

    def raw(self, data: "bytes | bytearray | memoryview"):
        """Write an item that is already encoded."""
        pos = self.pos
        self.pos = end = pos + len(data)
        if end <= len(self.buf):
            self.buf[pos:end] = data

    def pack(self, format: str, end: int, first: int, value):
        """Write the initial byte `first` and, up to `end`, its argument `value` in a `struct` format."""
        pos = self.pos
        self.pos = end
        if end <= len(self.buf):
            self.buf[pos] = first
            pack_into(format, self.buf, pos + 1, value)

    def head(self, type: int, n: int):
        """Write the head of an item: its major type (0 to 7) and argument (0 to 2**64-1)."""
        type <<= 5
        pos = self.pos
        if n < 24:
            if pos < len(self.buf):
                self.buf[pos] = type | n
            self.pos = pos + 1
        elif n < 0x100:
            self.pack(">B", pos + 2, type | 24, n)
        elif n < 0x10000:
            self.pack(">H", pos + 3, type | 25, n)
        elif not n >> 32:
            self.pack(">I", pos + 5, type | 26, n)
        elif not n >> 64:
            self.pack(">Q", pos + 9, type | 27, n)
        else:
            raise ValueError("integer beyond 64 bits")

    def scalar(self, value):
        """Write a bool, int, float or str; a float in single precision if that is exact, else in double."""
        if value is True or value is False:
            self.head(7, 20 + value)
        elif isinstance(value, str):
            value = value.encode()
            self.head(3, len(value))
            self.raw(value)
        elif isinstance(value, float):
            if not abs(value) > 3.4028234663852886e38 or value - value != 0:  # CPython refuses to pack a larger one
                pack_into(">f", single, 0, value)
                if value != value or unpack_from(">f", single)[0] == value:
                    return self.pack(">f", self.pos + 5, 0xFA, value)
            self.pack(">d", self.pos + 9, 0xFB, value)
        elif value < 0:
            self.head(1, -1 - value)
        else:
            self.head(0, value)


def encode(write, *arguments) -> bytearray:
    """Return the bytes that `write(writer, *arguments)` writes. It is called twice: first to count them."""
    writer = Writer(b"")
    for _ in (0, 1):
        writer = Writer(bytearray(writer.pos))
        write(writer, *arguments)
    return writer.buf


class Reader:
    """Reads CBOR items from `buf`, between `pos` and `end`. Raises CBORError for malformed ones."""

    def __init__(self, buf=b""):
        Reader.open(self, buf, 0, len(buf))

    def open(self, buf, pos: int, end: int):
        """Start reading other bytes."""
        self.buf = buf
        self.pos = pos
        self.end = end
        self.arg = 0

    def fail(self, reason: str = "the item is truncated"):
        """Raise CBORError with this reason and the current offset."""
        raise CBORError(reason, self.pos)

    def head(self) -> int:
        """Read a head. Returns its initial byte, whose upper three bits are the major type.

        Sets `arg` to its argument: -1 for an indefinite length or a "break".
        """
        pos = self.pos
        if pos >= self.end:
            self.fail()
        first = self.buf[pos]
        info = first & 31
        pos += 1
        if info == 31 and first >> 5 not in (0, 1, 6):
            info = -1
        elif info > 27:
            self.fail("reserved head")
        elif info > 23:
            size = 1 << info - 24
            if pos + size > self.end:
                self.fail()
            info = unpack_from(">B" if size < 2 else ">H" if size < 4 else ">I" if size < 8 else ">Q", self.buf, pos)[0]
            pos += size
        self.arg = info
        self.pos = pos
        return first

    def at_break(self) -> bool:
        """Return whether the "break" of an indefinite item comes next; if so, skip it."""
        if self.pos < self.end and self.buf[self.pos] == 0xFF:
            self.pos += 1
            return True
        return False

    def item(self, depth: int = 8):
        """Read one whole item, containers nested at most `depth` deep."""
        first = self.head()
        major = first >> 5
        n = self.arg
        if major == 0:
            return n
        if major == 1:
            return -1 - n
        if major < 4 and n >= 0:
            start = self.pos
            self.pos = end = start + n
            if end > self.end:
                self.pos = start
                self.fail()
            n = self.buf[start:end]
            if major == 2:
                return bytes(n)
            try:
                return str(n, "utf-8")
            except UnicodeError:
                raise CBORError("text that is not UTF-8", start)
        if first in (0xF4, 0xF5):
            return first == 0xF5
        if first == 0xFA or first == 0xFB:
            return unpack_from(">f" if first == 0xFA else ">d", self.buf, self.pos - (4 << (first & 1)))[0]
        from .cbor_rest import rest

        return rest(self, first, n, depth)
