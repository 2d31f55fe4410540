"""CBOR (RFC 8949), whole items of every kind: `dumps` and `loads`.

They support integers of 64 bits, half, single and double floats, text, bytes,
arrays, maps, tags, simple values, definite and indefinite lengths.
"""

from struct import pack_into, unpack_from

from .cbor import Reader, Writer, encode
from .cbor_rest import Simple, Tag


def write(writer: Writer, value):
    """Write any item in its shortest exact form. Raises TypeError for a type that is not supported."""
    if isinstance(value, float):
        half = _half(value)
        if half is None:
            writer.scalar(value)
        else:
            writer.pack(">H", writer.pos + 3, 0xF9, half)
    elif isinstance(value, (bool, int, str)):
        writer.scalar(value)
    elif value is None:
        writer.head(7, 22)
    elif isinstance(value, (bytes, bytearray, memoryview)):
        writer.head(2, len(value))
        writer.raw(value)
    elif isinstance(value, Tag):
        if value.number < 0:
            raise ValueError("no tag has the number %d" % value.number)
        writer.head(6, value.number)
        write(writer, value.item)
    elif isinstance(value, Simple):
        if not (0 <= value.number < 24 or 32 <= value.number < 256):
            raise ValueError("no simple value has the number %d" % value.number)
        writer.head(7, value.number)
    elif isinstance(value, (list, tuple)):
        writer.head(4, len(value))
        for part in value:
            write(writer, part)
    elif isinstance(value, dict):
        writer.head(5, len(value))
        for key in value:
            write(writer, key)
            write(writer, value[key])
    else:
        raise TypeError("no CBOR for " + type(value).__name__)


def _half(value):
    # The bits of a float in half precision, or None if that is not exact.
    if value != value:
        return 0x7E00
    if value - value != 0:
        return 0x7C00 if value > 0 else 0xFC00
    if abs(value) > 65504.0:
        return None
    single = bytearray(4)
    pack_into(">f", single, 0, value)
    if unpack_from(">f", single)[0] != value:
        return None
    high, low = unpack_from(">HH", single)
    sign = high & 0x8000
    exponent = (high >> 7 & 0xFF) - 112  # biased for half precision
    mantissa = (high & 0x7F) << 16 | low
    if exponent == -112 and not mantissa:
        return sign
    if exponent > 0:
        if not mantissa & 0x1FFF:
            return sign | exponent << 10 | mantissa >> 13
    elif exponent >= -10:  # subnormal
        mantissa |= 0x800000
        if not mantissa & (1 << 14 - exponent) - 1:
            return sign | mantissa >> 14 - exponent
    return None


def dumps(value) -> bytes:
    """Encode an item in its shortest exact form (RFC 8949 section 4.1, maps in the order given)."""
    return bytes(encode(write, value))


def loads(data):
    """Decode exactly one item. Raises CBORError for anything else, including bytes after it."""
    reader = Reader(data)
    value = reader.item()
    if reader.pos != reader.end:
        reader.fail("bytes after the item")
    return value
