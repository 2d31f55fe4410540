"""Join the two escapes of a character beyond U+FFFF in JSON (RFC 8259, section 7). MicroPython's json reads each half
as a character."""


def joined(raw) -> bytes:
    """The inside of a JSON string, with such pairs in UTF-8, and U+FFFD for a single half."""
    raw = bytes(raw)
    found = b""
    done = pos = 0
    while True:
        pos = raw.find(b"\\", pos)
        if pos < 0:
            return found + raw[done:]
        end = pos + 6
        code = _code(raw, pos)
        if not 0xD800 <= code < 0xE000:
            pos += 2  # the backslash and the escaped character
            continue
        low = _code(raw, end)
        if code < 0xDC00 <= low < 0xE000:
            end += 6
            code = 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF)
        else:
            code = 0xFFFD
        found += raw[done:pos] + chr(code).encode()
        done = pos = end


def _code(raw, pos):
    # The code unit of the escape \uXXXX at `pos`, 0 if there is none.
    digits = raw[pos + 2 : pos + 6]
    if raw[pos : pos + 2] != b"\\u" or len(digits) < 4:
        return 0
    try:
        return int(digits, 16)
    except ValueError:
        return 0
