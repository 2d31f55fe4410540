"""dumps and loads of CBOR's plain items, with the names of the cbor2 package."""

import io
import struct


def _head(out, major, number):
    major <<= 5
    if number < 24:
        out.write(bytes([major | number]))
    else:
        for code, size, form in ((24, 1, ">B"), (25, 2, ">H"), (26, 4, ">I"), (27, 8, ">Q")):
            if number < 1 << 8 * size:
                out.write(bytes([major | code]) + struct.pack(form, number))
                return
        raise ValueError("integer too large")


def _encode(out, value):
    if value is None or value is True or value is False:
        out.write(b"\xf6" if value is None else b"\xf5" if value else b"\xf4")
    elif isinstance(value, int):
        _head(out, 0 if value >= 0 else 1, value if value >= 0 else -1 - value)
    elif isinstance(value, float):
        out.write(b"\xfb" + struct.pack(">d", value))
    elif isinstance(value, str):
        _head(out, 3, len(value.encode()))
        out.write(value.encode())
    elif isinstance(value, (bytes, bytearray, memoryview)):
        _head(out, 2, len(value))
        out.write(value)
    elif isinstance(value, (list, tuple)):
        _head(out, 4, len(value))
        for item in value:
            _encode(out, item)
    elif isinstance(value, dict):
        _head(out, 5, len(value))
        for key, item in value.items():
            _encode(out, key)
            _encode(out, item)
    else:
        raise TypeError("cannot encode %s" % type(value))


def _half(bits):
    exponent, fraction = bits >> 10 & 31, bits & 0x3FF
    if exponent == 31:
        value = float("nan") if fraction else float("inf")
    else:
        value = fraction * 2.0**-24 if not exponent else (fraction + 1024) * 2.0 ** (exponent - 25)
    return -value if bits & 0x8000 else value


_BREAK = object()


def _items(data, length):
    if length is not None:
        for _ in range(length):
            yield _decode(data)
        return
    while True:
        item = _decode(data)
        if item is _BREAK:
            return
        yield item


def _decode(data):
    first = data.read(1)[0]
    major, low = first >> 5, first & 31
    if low < 24:
        number = low
    elif low < 28:
        number = int.from_bytes(data.read(1 << low - 24), "big")
    elif low == 31:
        number = None
    else:
        raise ValueError("reserved length")
    if major == 0:
        return number
    if major == 1:
        return -1 - number
    if major in (2, 3):
        raw = data.read(number) if number is not None else None
        if raw is None:
            return ("" if major == 3 else b"").join(_items(data, None))
        return raw.decode() if major == 3 else raw
    if major == 4:
        return list(_items(data, number))
    if major == 5:
        flat = list(_items(data, number if number is None else 2 * number))
        return dict(zip(flat[::2], flat[1::2]))
    if major == 6:
        return _decode(data)
    if low == 25:
        return _half(number)
    if low in (26, 27):
        return struct.unpack(">f" if low == 26 else ">d", struct.pack(">I" if low == 26 else ">Q", number))[0]
    return {20: False, 21: True, 22: None, 31: _BREAK}.get(low)


def dumps(value):
    out = io.BytesIO()
    _encode(out, value)
    return out.getvalue()


def loads(data):
    return _decode(io.BytesIO(data))
