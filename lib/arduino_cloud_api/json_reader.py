"""JSON (RFC 8259) piece by piece, without I/O: bytes in, values out.

Containers on the way to what is wanted are opened, everything below them comes as whole values: so a long
array needs the memory of one element.
"""

import json

from arduino_iot_cloud.port import MICROPYTHON, const

# What `next` returns
MORE = const(0)  # needs more bytes
BEGIN = const(1)  # an opened container begins
END = const(2)  # and ends
VALUE = const(3)  # `key`, `value`
DONE = const(4)  # the document is complete

# What may come next
_ITEM = const(0)  # a value
_FIRST = const(1)  # a value, or the array's end
_KEY = const(2)
_FIRST_KEY = const(3)  # a key, or the object's end
_COLON = const(4)
_AFTER = const(5)  # a comma, or the container's end
_STRING = const(6)  # the rest of a string
_ESCAPED = const(7)  # what a backslash is for
_SCALAR = const(8)  # the rest of a number or name

_SPACE = b" \n\r\t"
_SCALARS = b"-+.0123456789Eaeflnrstu"  # all that numbers, true, false and null are made of
_DEPTH = const(32)


class JSONError(ValueError):
    """This is no JSON, or more of it than is allowed: `args` say what."""


class Reader:
    """Takes one JSON document.

    opened: for each level from the outside, which containers are opened: None for all, or the names of members
    (str, with spaces between them). Containers below, or of other names, are values.
    limit: int, in bytes: of one value, also of a name.

        reader = Reader((None,))       # the elements of an array
        reader.feed(piece)
        while reader.next() == VALUE:
            print(reader.value)
    """

    value = None
    depth = 0  # how many opened containers `key` and `value` are in

    def __init__(self, opened=(), limit: int = 16384):
        self._opened = opened
        self._limit = limit
        self._data = b""
        self._pos = self._end = 0
        self._raw = bytearray(0)  # of the value or name that is being read
        self._state = _ITEM
        self._is_key = False
        self._stack = bytearray(_DEPTH)  # 91 or 123 for each container that is open
        self._level = 0
        self.keys = []  # the name of the member at each level, None in arrays

    @property
    def key(self):
        """The name of the member whose value this is (str); None in an array."""
        return self.keys[self.depth - 1] if self.depth else None

    def feed(self, data, n: int = None):
        """Take the next bytes (or the first `n` of these), once `next` has returned MORE. They must stay unchanged
        until it does so again."""
        self._data = data
        self._pos = 0
        self._end = len(data) if n is None else n

    def next(self) -> int:
        """Go on to the next event. Raises JSONError."""
        while True:
            event = self._step()
            if event >= 0:
                return event

    def ended(self):
        """There are no more bytes. Raises JSONError where the document is not complete."""
        if self._state == _SCALAR and not self._level:
            return
        if self._state != _AFTER or self._level:
            raise JSONError("the JSON document ends early")

    # Each step takes some bytes and returns an event, or -1.

    def _step(self):
        data = self._data
        pos = self._pos
        end = self._end
        state = self._state
        if state == _STRING:
            return self._string(data, pos, end)
        if state == _SCALAR:
            return self._scalar(data, pos, end)
        if state == _ESCAPED:
            if pos == end:
                return MORE
            self._keep(data, pos, pos + 1)
            self._state = _STRING
            return -1
        while pos < end and data[pos] in _SPACE:
            pos += 1
        if state == _AFTER and not self._level:
            if pos < end:
                raise JSONError("more than one JSON document")
            self._pos = pos
            return DONE
        if pos == end:
            self._pos = pos
            return MORE
        byte = data[pos]
        self._pos = pos + 1
        if state == _AFTER:
            if byte == 44:
                self._state = _ITEM if self._stack[self._level - 1] == 91 else _KEY
                return self._inner(byte)
            return self._close(byte)
        if state == _COLON:
            if byte != 58:
                raise JSONError("a colon is missing in the JSON")
            self._state = _ITEM
            return self._inner(byte)
        if byte == 93 and state == _FIRST or byte == 125 and state == _FIRST_KEY:
            return self._close(byte)
        if state in (_KEY, _FIRST_KEY):
            if byte != 34:
                raise JSONError("a name is missing in the JSON")
            self._is_key = True
            self._state = _STRING
            return self._inner(byte)
        if byte == 34:
            self._is_key = False
            self._state = _STRING
            return self._inner(byte)
        if byte in b"[{":
            return self._open(byte)
        if byte not in _SCALARS:
            raise JSONError("a value is missing in the JSON")
        self._state = _SCALAR
        return self._inner(byte)

    def _whole(self):
        # Whether a value is being collected, with all that is in it; else the containers so far are opened ones.
        return self._level > self.depth

    def _inner(self, byte):
        # A byte outside of strings and numbers, kept where it is part of a value or begins one.
        if self._whole() or byte not in b",:":
            self._raw.append(byte)
            if len(self._raw) > self._limit:
                self._too_long()
        return -1

    def _keep(self, data, pos, end):
        self._pos = end
        if len(self._raw) + end - pos > self._limit:
            self._too_long()
        self._raw.extend(memoryview(data)[pos:end])

    def _too_long(self):
        raise JSONError("a value has more than %d bytes" % self._limit)

    def _open(self, byte):
        level = self._level
        if level == _DEPTH:
            raise JSONError("JSON nested too deeply")
        opened = not self._whole() and level < len(self._opened)
        if opened and self._opened[level] is not None:
            opened = bool(level) and self.keys[-1] in self._opened[level].split(" ")
        self._stack[level] = byte
        self._level = level + 1
        self._state = _FIRST if byte == 91 else _FIRST_KEY
        if not opened:
            self._raw.append(byte)
            return -1
        self.depth += 1
        self.keys.append(None)
        return BEGIN

    def _close(self, byte):
        level = self._level
        if byte != self._stack[level - 1] + 2:
            raise JSONError("a comma or an end is missing in the JSON")
        whole = self._whole()
        self._level = level - 1
        self._state = _AFTER
        if whole:
            self._raw.append(byte)
            return -1 if self._whole() else self._take()
        self.depth -= 1
        self.keys.pop()
        return END

    def _string(self, data, pos, end):
        quote = data.find(b'"', pos, end)
        if quote < 0:
            quote = end
        slash = data.find(b"\\", pos, quote)
        if slash >= 0:
            self._keep(data, pos, slash + 1)
            self._state = _ESCAPED
            return -1
        if quote == end:
            self._keep(data, pos, end)
            return MORE
        self._keep(data, pos, quote + 1)
        self._state = _COLON if self._is_key else _AFTER
        if self._whole():
            return -1
        if not self._is_key:
            return self._take()
        self._take()
        self.keys[-1] = self.value
        return -1

    def _scalar(self, data, pos, end):
        begin = pos
        while pos < end and data[pos] in _SCALARS:
            pos += 1
        if pos > begin:
            self._keep(data, begin, pos)
        if pos == end:
            return MORE
        self._state = _AFTER
        return -1 if self._whole() else self._take()

    def last(self) -> int:
        """As `next`, at the end of the bytes: a number that is the whole document has no other end."""
        self.ended()
        if self._state == _SCALAR:
            self._state = _AFTER
            return self._take()
        return DONE

    def _take(self):
        # What has been collected is complete.
        raw = self._raw
        try:
            self.value = json.loads(raw if MICROPYTHON else raw.decode())
        except ValueError:
            raise JSONError("malformed JSON")
        self._raw = bytearray(0) if len(raw) > 2048 else raw
        if self._raw:
            self._raw[:] = b""
        return VALUE
