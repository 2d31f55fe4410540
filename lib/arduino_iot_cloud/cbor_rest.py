"""The items that `Reader.item` does not decode itself: containers, tags, simple values, half floats, chunked strings.

Imported for the first of them, and stays.
"""

from collections import namedtuple

Tag = namedtuple("Tag", ("number", "item"))  # a tagged item, RFC 8949 section 3.4
Simple = namedtuple("Simple", ("number",))  # a simple value without an equivalent in Python, section 3.3


def rest(reader, first: int, n: int, depth: int):
    """Read the rest of an item whose head (initial byte `first`, argument `n`) was read already."""
    major = first >> 5
    if major == 7:
        return _simple(reader, first & 31, n)
    if major < 4:
        return _chunks(reader, major)
    if not depth:
        reader.fail("nested too deeply")
    depth -= 1
    if major == 6:
        return Tag(n, reader.item(depth))
    if n > reader.end - reader.pos:
        reader.fail()  # each element takes at least a byte
    items: "list | dict" = [] if major == 4 else {}
    while n and not (n < 0 and reader.at_break()):
        n -= n > 0
        start = reader.pos
        value = reader.item(depth)
        if major == 4:
            items.append(value)  # type: ignore[union-attr] # a list, for that major type
        elif isinstance(value, (list, dict, Tag)):
            reader.pos = start
            reader.fail("map key of a container type")
        else:
            items[value] = reader.item(depth)
    return items


def _chunks(reader, major):
    parts = []
    while not reader.at_break():
        if reader.pos < reader.end and (reader.buf[reader.pos] >> 5 != major or reader.buf[reader.pos] & 31 == 31):
            reader.fail("chunk of another type")
        parts.append(reader.item())
    return ("" if major == 3 else b"").join(parts)


def _simple(reader, info, n):
    if info == 31:
        reader.fail("break outside an indefinite item")
    if info != 25:
        if info == 24 and n < 32:
            reader.fail("two bytes for a simple value that has one")
        return None if n == 22 else Simple(n)
    exponent = n >> 10 & 31
    mantissa = n & 0x3FF
    if exponent == 31:
        value = float("nan") if mantissa else float("inf")
    elif exponent:
        value = (mantissa + 1024) * 2.0 ** (exponent - 25)
    else:
        value = mantissa * 2.0**-24
    return -value if n & 0x8000 else value
