"""Read JSON (RFC 8259) piece by piece, without I/O: bytes in, values out.

The reader opens the outer containers, and returns what is inside as complete values. So a long array needs only the
memory of one element.
"""

import json

from arduino_iot_cloud.port import MICROPYTHON, const

# The events that `next` returns
MORE = const(0)  # it needs more bytes
BEGIN = const(1)  # an opened container begins
END = const(2)  # an opened container ends
VALUE = const(3)  # a value is complete: `key`, `value`
DONE = const(4)  # the document is complete

# The states: what may come next
_ITEM = const(0)  # a value
_FIRST = const(1)  # a value, or the array's end
_KEY = const(2)
_FIRST_KEY = const(3)  # a key, or the object's end
_COLON = const(4)
_AFTER = const(5)  # a comma, or the container's end
_STRING = const(6)  # the rest of a string
_ESCAPED = const(7)  # the character after a backslash
_SCALAR = const(8)  # the rest of a number or name
_BEFORE = const(9)  # the document, perhaps with a byte order mark

_MARK = b"\xef\xbb\xbf"
_SCALARS = b"-+.0123456789Eaeflnrstu"  # all that numbers, true, false and null are made of
_DEPTH = const(32)
_NUMBER = const(1000)  # digits of a number, whose conversion takes time that grows with their square


class JSONError(ValueError):
    """The text is not JSON, or exceeds a limit. `args[0]` says why."""


class JSONReader:
    """Reads one JSON document in UTF-8, with or without a byte order mark.

    opened: for each level from the outside, which containers are opened: None for all, or the names of members (str,
    separated by spaces). Any other container is a value.
    limit: int, the largest size of one value, in bytes of JSON.

        reader = JSONReader((None,))  # the elements of an array
        reader.feed(piece)
        while reader.next() in (BEGIN, VALUE):
            print(reader.value)
    """

    value = None
    depth = 0  # the number of opened containers around `key` and `value`

    def __init__(self, opened=(), limit: int = 16384):
        self._opened = opened
        self._limit = limit
        self.clear()

    def clear(self):
        """Drop what was read, and start again with a new document."""
        self.value = None
        self.depth = 0
        self._left = self._limit  # bytes left for the value
        self._data = b""
        self._pos = self._end = 0
        self._raw = bytearray(0)  # the string, number or name that is being read
        self._state = _BEFORE
        self._marked = 0  # bytes of the mark
        self._is_key = False
        self._plain = True  # the string has no escapes
        self._stack = []  # the unfinished containers: lists and dicts, or the bracket of an opened one
        self.keys = []  # for each of them, the name of the current member; None in arrays

    @property
    def key(self):
        """The name (str) of the member that `value` belongs to; None in an array."""
        return self.keys[-1] if self.depth else None

    def feed(self, data, n: "int | None" = None):
        """Take the next bytes, or the first `n` of them, once `next` has returned MORE. data: bytes or bytearray, which
        must stay unchanged until `next` returns MORE again."""
        self._data = data
        self._pos = 0
        self._end = len(data) if n is None else n

    def next(self) -> int:
        """Read to the next event, and return it. Raises JSONError."""
        while True:
            begin = self._pos
            event = self._step()
            self._left -= self._pos - begin
            if self._left < 0:
                raise JSONError("a value has more than %d bytes" % self._limit)
            if event >= 0:
                if event:
                    self._left = self._limit
                return event

    def last(self) -> int:
        """Return the last event, at the end of the bytes. Raises JSONError, also if the document is incomplete."""
        if self._state == _SCALAR and not self._stack:  # only the end of the bytes ends such a number
            return self._scalar_ends()
        if self._state != _AFTER or self._stack:
            raise JSONError("the JSON document ends early")
        return DONE

    # Each step takes some bytes and returns an event, or -1.

    def _step(self):
        data = self._data
        pos = self._pos
        end = self._end
        state = self._state
        if state == _STRING:
            return self._string(data, pos, end)
        if state == _SCALAR:
            while pos < end and data[pos] in _SCALARS:
                pos += 1
            self._keep(data, pos)
            if len(self._raw) > _NUMBER:
                raise JSONError("a number has more than %d characters" % _NUMBER)
            return MORE if pos == end else self._scalar_ends()
        if state == _BEFORE:
            return self._before(data, pos, end)
        if state != _ESCAPED:
            while pos < end and data[pos] in b" \n\r\t":
                pos += 1
        self._pos = pos
        if pos == end:
            return DONE if state == _AFTER and not self._stack else MORE
        if state == _ESCAPED:
            self._keep(data, pos + 1)
            self._state = _STRING
            return -1
        byte = data[pos]
        self._pos = pos + 1
        if state == _AFTER:
            if not self._stack:
                raise JSONError("more than one JSON document")
            if byte != 44:
                return self._close(byte)
            self._state = _ITEM if self._in_array() else _KEY
        elif state == _COLON:
            if byte != 58:
                raise JSONError("a colon is missing in the JSON")
            self._state = _ITEM
        elif byte == 34:
            self._is_key = state in (_KEY, _FIRST_KEY)
            self._plain = True
            self._state = _STRING
        elif byte == 93 and state == _FIRST or byte == 125 and state == _FIRST_KEY:
            return self._close(byte)
        elif state in (_KEY, _FIRST_KEY):
            raise JSONError("a name is missing in the JSON")
        elif byte in b"[{":
            return self._open(byte)
        elif byte in _SCALARS:
            self._pos = pos
            self._state = _SCALAR
        else:
            raise JSONError("a value is missing in the JSON")
        return -1

    def _before(self, data, pos, end):
        if pos == end:
            return MORE
        if data[pos] == _MARK[self._marked]:
            self._pos = pos + 1
            self._marked += 1
        elif self._marked:
            raise JSONError("it is not JSON")
        if self._marked in (0, 3):
            self._state = _ITEM
        return -1

    def _keep(self, data, end):
        self._raw.extend(memoryview(data)[self._pos : end])
        self._pos = end

    def _in_array(self):
        container = self._stack[-1]
        return container == 91 or isinstance(container, list)

    def _open(self, byte):
        level = len(self._stack)
        if level == _DEPTH:
            raise JSONError("JSON nested too deeply")
        opened = self.depth == level < len(self._opened)
        if opened and self._opened[level] is not None:
            opened = level and self.keys[-1] in self._opened[level].split(" ")
        self._state = _FIRST if byte == 91 else _FIRST_KEY
        self._stack.append(byte if opened else [] if byte == 91 else {})
        self.keys.append(None)
        if not opened:
            return -1
        self.depth += 1
        return BEGIN

    def _close(self, byte):
        if byte != (93 if self._in_array() else 125):
            raise JSONError("a comma or an end is missing in the JSON")
        self._state = _AFTER
        container = self._stack.pop()
        self.keys.pop()
        if isinstance(container, int):
            self.depth -= 1
            return END
        return self._put(container)

    def _string(self, data, pos, end):
        quote = data.find(b'"', pos, end)
        stop = end if quote < 0 else quote
        slash = data.find(b"\\", pos, stop)
        if slash >= 0:
            self._keep(data, slash + 1)
            self._plain = False
            self._state = _ESCAPED
            return -1
        self._keep(data, stop)
        if quote < 0:
            return MORE
        self._pos = quote + 1
        try:
            text = self._text(self._raw)
        except ValueError:
            raise JSONError("malformed text in the JSON")
        self._raw[:] = b""
        if self._is_key:
            self.keys[-1] = text
            self._state = _COLON
            return -1
        self._state = _AFTER
        return self._put(text)

    def _text(self, raw):
        if MICROPYTHON:
            if self._plain:
                return str(raw, "utf-8")
            if raw.find(b"\\u") >= 0:
                from .escapes import joined

                raw = joined(raw)
        return json.loads('"%s"' % str(raw, "utf-8"))

    def _scalar_ends(self):
        try:
            value = json.loads(str(self._raw, "utf-8"))
        except ValueError:
            raise JSONError("malformed number or name in the JSON")
        self._raw[:] = b""
        self._state = _AFTER
        return self._put(value)

    def _put(self, value):
        # A value is complete: it is part of a container, or an event.
        if len(self._stack) == self.depth:
            self.value = value
            return VALUE
        container = self._stack[-1]
        if isinstance(container, list):
            container.append(value)
        else:
            container[self.keys[-1]] = value
        return -1
