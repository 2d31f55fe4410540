"""CBOR (RFC 8949) items from untrusted devices.

cbor2 decodes them, but only after `check` has walked over the bytes: it allows no tags (cbor2 turns
some into objects such as regular expressions and huge decimals), limits the depth of nesting and the
number of items, and makes sure that nothing is missing or left over.
"""

import cbor2

MAX_DEPTH = 8
MAX_ITEMS = 16384

_UINT, _NEGINT, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_INDEFINITE = 31


class MalformedPayload(ValueError):
    """The protocol does not allow these bytes. `str()` says why in a few words."""


def decode(data: bytes) -> object:
    """Return the only item in `data`. Raises MalformedPayload."""
    end = check(data)
    if end != len(data):
        raise MalformedPayload("bytes left over after the item at offset %d" % end)
    try:
        return cbor2.loads(data)
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError) as error:
        # Invalid UTF-8, a two-byte simple value below 32, an unhashable map key.
        raise MalformedPayload("undecodable item: %s" % type(error).__name__) from None


def encode(item: object) -> bytes:
    """Return `item` as CBOR. Floats are always doubles, which every device library can read."""
    return cbor2.dumps(item)


def split_tag(data: bytes) -> tuple[int, bytes]:
    """Split a payload into its leading tag number and the tagged item's bytes. Raises MalformedPayload."""
    if not data:
        raise MalformedPayload("empty payload")
    if data[0] >> 5 != _TAG:
        raise MalformedPayload("no tag at offset 0")
    tag, start = _argument(data, 0)
    if tag is None:
        raise MalformedPayload("tag of indefinite length")
    return tag, data[start:]


def check(data: bytes) -> int:
    """Walk over one well-formed item and return the offset after it. Raises MalformedPayload."""
    if not data:
        raise MalformedPayload("empty payload")
    # Each entry is the number of items still to come on that level; None means until a break.
    open_levels: list[int | None] = [1]
    offset = items = 0
    while open_levels:
        remaining = open_levels[-1]
        if remaining == 0:
            open_levels.pop()
            continue
        if remaining is None and offset < len(data) and data[offset] == 0xFF:
            offset += 1
            open_levels.pop()
            continue
        items += 1
        if items > MAX_ITEMS:
            raise MalformedPayload("more than %d items" % MAX_ITEMS)
        if remaining is not None:
            open_levels[-1] = remaining - 1
        offset, children = _step(data, offset)
        if children != 0:
            if len(open_levels) > MAX_DEPTH:
                raise MalformedPayload("nested deeper than %d" % MAX_DEPTH)
            open_levels.append(children)
    return offset


def _step(data: bytes, offset: int) -> tuple[int, int | None]:
    """Skip an item's head (and its bytes). Return the offset after it, and how many items it contains."""
    start = offset
    major = data[offset] >> 5 if offset < len(data) else _UINT
    argument, offset = _argument(data, offset)
    if major in (_UINT, _NEGINT):
        if argument is None:
            raise MalformedPayload("integer of indefinite length at offset %d" % start)
        return offset, 0
    if major in (_BYTES, _TEXT):
        if argument is None:
            # The standard allows it, but no device library sends it.
            raise MalformedPayload("string in chunks at offset %d" % start)
        if argument > len(data) - offset:
            raise MalformedPayload("input ends inside a string at offset %d" % start)
        return offset + argument, 0
    if major == _ARRAY:
        return offset, argument
    if major == _MAP:
        return offset, None if argument is None else 2 * argument
    if major == _TAG:
        raise MalformedPayload("unexpected tag at offset %d" % start)
    if argument is None:
        raise MalformedPayload("unexpected break at offset %d" % start)
    return offset, 0


def _argument(data: bytes, offset: int) -> tuple[int | None, int]:
    """Return the argument of the item's head (None: indefinite length) and the offset after it."""
    if offset >= len(data):
        raise MalformedPayload("input ends at offset %d, an item was expected" % offset)
    info = data[offset] & 0x1F
    offset += 1
    if info < 24:
        return info, offset
    if info == _INDEFINITE:
        return None, offset
    if info > 27:
        raise MalformedPayload("reserved item head at offset %d" % (offset - 1))
    width = 1 << (info - 24)
    if len(data) - offset < width:
        raise MalformedPayload("input ends inside an integer at offset %d" % (offset - 1))
    return int.from_bytes(data[offset : offset + width], "big"), offset + width
