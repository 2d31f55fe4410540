"""SenML records (RFC 8428) in CBOR: properties to bytes, bytes to records.

Packs are written as Arduino's C++ library sends them: an indefinite-length
array of maps {0: name, 2|3|4: value, 6: time}, without base fields.
"""

from .cbor import Reader, Writer


def label(name) -> bytes:
    """Return the encoded name field of a record: for a property's name (str), or its number (int) in the light form."""
    writer = Writer(bytearray(12 + 4 * len(name) if isinstance(name, str) else 12))
    writer.head(0, 0)
    writer.scalar(name)
    return bytes(writer.buf[: writer.pos])


def write_record(writer: Writer, field: bytes, value, time: int = 0):
    """Write one record: its encoded name field, its value (bool, int, float, str), and a Unix time unless 0."""
    writer.head(5, 3 if time else 2)
    writer.raw(field)
    writer.head(0, 4 if value is True or value is False else 3 if isinstance(value, str) else 2)
    writer.scalar(value)
    if time:
        writer.head(0, 6)
        writer.head(0, time)


class Records(Reader):
    """Reads the records of one pack: call `open`, then `next` until it is False. Raises CBORError for a malformed pack.

    After each `next`, `name` (str, int, or None), `value` (bool, int, float, str, or None) and
    `time` (Unix seconds, 0 for none) hold the record's fields. Base names, base values and unknown
    labels are skipped, as in the C++ library.
    """

    def open(self, buf, pos: int, end: int):
        """Start with the pack between two offsets of `buf`."""
        super().open(buf, pos, end)
        self.rest = 0  # records that follow; negative if a "break" ends them
        self.base_time = 0
        if self.head() >> 5 != 4:
            self.fail("a pack is an array")
        self.rest = self.arg

    def next(self) -> bool:
        """Read the next record. Returns False after the last one."""
        if not self.rest or self.rest < 0 and self.at_break():
            if self.pos != self.end:
                self.fail("bytes after the pack")
            return False
        self.rest -= self.rest > 0
        if self.head() >> 5 != 5:
            self.fail("a record is a map")
        n = self.arg
        self.name = self.value = None
        time = 0
        while n and not (n < 0 and self.at_break()):
            n -= n > 0
            key = self.item()
            value = self.item()
            kind = type(value)
            number = kind is int or kind is float
            if type(key) is not int:
                good = False
            elif key == 0:
                good = kind is str or kind is int
                self.name = value
            elif key == 2:
                good = number
                self.value = value
            elif key == 3:
                good = kind is str
                self.value = value
            elif key == 4:
                good = kind is bool
                self.value = value
            elif key == 6 or key == -3:
                good = number
                if kind is float:
                    # Most boards have single-precision floats, which hold such times only to 128 s: so use the bits
                    # of the double.
                    exponent = self.arg >> 52
                    if 0 < exponent < 1075:
                        value = (self.arg % (1 << 52) + (1 << 52)) >> 1075 - exponent
                    elif -1e15 < value < 1e15:
                        value = int(value)
                if key == 6:
                    time = value
                else:
                    self.base_time = value
            else:
                good = (kind is str or key != -2) and (kind is int or key != -1)
            if not good:
                self.fail("field of a wrong type")
        time += self.base_time
        time = int(time if -1e11 < time < 1e11 else time // 1000 if time - time == 0 else 0)  # JavaScript uses ms
        self.time = time if -1e11 < time < 1e11 else 0
        return True
