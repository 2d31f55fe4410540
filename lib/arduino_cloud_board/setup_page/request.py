"""Parse a request to the set-up page (HTTP/1.1, RFC 9112) and the form in it. No I/O; every part has a size limit."""

from arduino_iot_cloud.port import const

_LINE = const(600)  # bytes kept of a line; a longer one is cut off, or refused if it matters
_HEAD = const(8192)
_BODY = const(1024)


class BadRequest(Exception):
    """The request cannot be served. `args[0]`: the status of the answer, 400 to 505."""


class Request:
    """A request that arrives in pieces: `method`, `path`, `host`, `origin`, `body` are valid once `complete`."""

    method = path = host = origin = ""
    body = b""
    complete = False
    _length = 0
    _told = ()  # the names of the fields that count, which may come only once
    _in_body = False
    _total = 0
    _dropping = False  # the rest of a line that is too long

    def __init__(self):
        self._buffer = bytearray()

    def take(self, data):
        """Take the next bytes of the request. Raises BadRequest."""
        for byte in data:
            if self.complete:
                return  # one request for each connection
            if self._in_body:
                self._buffer.append(byte)
                if len(self._buffer) == self._length:
                    self.body = bytes(self._buffer)
                    self.complete = True
                continue
            self._total += 1
            if self._total > _HEAD:
                raise BadRequest(431)
            if byte == 10:
                self._take_line(bytes(self._buffer))
                self._buffer = bytearray()
                self._dropping = False
            elif len(self._buffer) < _LINE:
                self._buffer.append(byte)
            else:
                self._dropping = True

    def _take_line(self, line):
        if line[-1:] == b"\r":
            line = line[:-1]
        for byte in line:
            if byte < 32 and byte != 9:
                raise BadRequest(400)
        if not self.method:
            return self._first(line)
        if line:
            return self._field(line)
        self._in_body = self._length > 0
        self.complete = not self._in_body
        return None

    def _first(self, line):
        parts = line.split(b" ")
        if self._dropping:
            raise BadRequest(414)
        if len(parts) != 3 or parts[2][:7] != b"HTTP/1.":
            raise BadRequest(400)
        if parts[0] not in (b"GET", b"HEAD", b"POST"):
            raise BadRequest(405)
        self.method = parts[0].decode()
        self.path = _text(parts[1])

    def _field(self, line):
        name, colon, value = line.partition(b":")
        name = name.lower()
        value = value.strip()
        if not colon or not name or name[-1] <= 32 or name[0] <= 32:
            raise BadRequest(400)
        if name in (b"host", b"origin", b"content-length"):
            if name in self._told:
                raise BadRequest(400)
            self._told += (name,)
        if name == b"host":
            self.host = _text(value)
        elif name == b"origin":
            self.origin = _text(value)
        elif name == b"transfer-encoding":
            raise BadRequest(501)
        elif name == b"content-length":
            if not value.isdigit() or len(value) > 9:
                raise BadRequest(400)
            self._length = int(value)
            if self._length > _BODY:
                raise BadRequest(413)


def _text(data):
    for byte in data:
        if not 32 < byte < 127:
            raise BadRequest(400)
    return data.decode()


def form_of(body):
    """The fields of a form (application/x-www-form-urlencoded) as a dict of str. Raises BadRequest."""
    fields = {}
    for pair in body.split(b"&") if body else ():
        name, _, value = pair.partition(b"=")
        name = _decoded(name)
        if name in fields or len(fields) == 10:
            raise BadRequest(400)
        fields[name] = _decoded(value)
    return fields


def _decoded(data):
    out = bytearray()
    at = 0
    while at < len(data):
        byte = data[at]
        if byte == 37:  # %
            digits = data[at + 1 : at + 3]
            if len(digits) < 2 or not all([digit in b"0123456789abcdefABCDEF" for digit in digits]):
                raise BadRequest(400)
            byte = int(digits, 16)
            at += 2
        elif byte == 43:  # +
            byte = 32
        out.append(byte)
        at += 1
    try:
        return bytes(out).decode()
    except UnicodeError:
        raise BadRequest(400)
