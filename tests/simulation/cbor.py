"""CBOR (RFC 8949) and SenML (RFC 8428, section 6) as written and read by the cloud of the simulated world."""

import struct

_BREAK = object()


class Tagged:
    """A tag and its content."""

    def __init__(self, tag, item):
        self.tag = tag
        self.item = item


class Simple:
    """A simple value that is neither a bool nor null."""

    def __init__(self, number):
        self.number = number


def _head(kind, n):
    kind <<= 5
    if n < 24:
        return bytes((kind | n,))
    if n < 256:
        return bytes((kind | 24, n))
    if n < 65536:
        return bytes((kind | 25,)) + struct.pack(">H", n)
    if n < 1 << 32:
        return bytes((kind | 26,)) + struct.pack(">I", n)
    return bytes((kind | 27,)) + struct.pack(">Q", n)


def encode(item):
    """Encode None, bool, int, float (a double), text, bytes, list, tuple, dict or Tagged."""
    if item is None:
        return b"\xf6"
    if item is True or item is False:
        return b"\xf5" if item else b"\xf4"
    if isinstance(item, int):
        return _head(0, item) if item >= 0 else _head(1, -1 - item)
    if isinstance(item, float):
        return b"\xfb" + struct.pack(">d", item)
    if isinstance(item, str):
        data = item.encode()
        return _head(3, len(data)) + data
    if isinstance(item, (bytes, bytearray)):
        return _head(2, len(item)) + bytes(item)
    if isinstance(item, (list, tuple)):
        return _head(4, len(item)) + b"".join([encode(one) for one in item])
    if isinstance(item, dict):
        return _head(5, len(item)) + b"".join([encode(key) + encode(item[key]) for key in item])
    return _head(6, item.tag) + encode(item.item)


def _half(n):
    exponent = n >> 10 & 31
    part = n & 1023
    if exponent == 0:
        value = part / 16777216.0
    elif exponent == 31:
        value = float("nan") if part else float("inf")
    else:
        value = (1024 + part) * 2.0 ** (exponent - 25)
    return -value if n >> 15 else value


class _Reader:
    def __init__(self, data):
        self.data = data
        self.pos = 0

    def take(self, n):
        if self.pos + n > len(self.data):
            raise ValueError("the item ends early")
        self.pos += n
        return self.data[self.pos - n : self.pos]

    def item(self):
        first = self.take(1)[0]
        kind = first >> 5
        info = first & 31
        if kind == 7:
            return self.simple(info)
        if info == 31:
            return self.endless(kind)
        n = info
        if info > 27:
            raise ValueError("a reserved length")
        if info > 23:
            n = int.from_bytes(self.take(1 << (info - 24)), "big")
        if kind == 0:
            return n
        if kind == 1:
            return -1 - n
        if kind == 2:
            return self.take(n)
        if kind == 3:
            return self.take(n).decode()
        if kind == 4:
            return [self.item() for _ in range(n)]
        if kind == 5:
            return self.pairs([self.item() for _ in range(2 * n)])
        return Tagged(n, self.item())

    def simple(self, info):
        if info < 20:
            return Simple(info)
        if info < 24:
            return (False, True, None, None)[info - 20]
        if info == 24:
            return Simple(self.take(1)[0])
        if info == 25:
            return _half(int.from_bytes(self.take(2), "big"))
        if info == 26:
            return struct.unpack(">f", self.take(4))[0]
        if info == 27:
            return struct.unpack(">d", self.take(8))[0]
        if info == 31:
            return _BREAK
        raise ValueError("a reserved simple value")

    def endless(self, kind):
        items = []
        while True:
            item = self.item()
            if item is _BREAK:
                break
            items.append(item)
        if kind == 4:
            return items
        if kind == 5:
            return self.pairs(items)
        if kind == 2:
            return b"".join(items)
        if kind == 3:
            return "".join(items)
        raise ValueError("no item is without an end")

    @staticmethod
    def pairs(items):
        return {items[i]: items[i + 1] for i in range(0, len(items), 2)}


def decode(data):
    """Return the item that the bytes encode, or raise ValueError."""
    reader = _Reader(bytes(data))
    item = reader.item()
    if reader.pos != len(reader.data):
        raise ValueError("there is more behind the item")
    return item


def records(payload):
    """Return a pack's records as a list of (name, value, time). Raises ValueError if it is not a pack."""
    pack = decode(payload)
    if not isinstance(pack, list):
        raise ValueError("a pack is an array")
    found = []
    base = 0
    for one in pack:
        base = one.get(-3, base)
        values = [one[key] for key in (2, 3, 4) if key in one]
        if len(values) != 1 or not isinstance(one.get(0), str):
            raise ValueError("a record has a name and one value")
        found.append((one[0], values[0], one.get(6, 0) + base))
    return found


def record(name, value, time=0, base=None):
    """Return a record for a pack."""
    one = {}
    if base is not None:
        one[-3] = base
    one[0] = name
    one[4 if isinstance(value, bool) else 3 if isinstance(value, str) else 2] = value
    if time:
        one[6] = time
    return one
