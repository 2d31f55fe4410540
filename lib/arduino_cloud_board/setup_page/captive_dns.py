"""A name server that answers every question with one address (RFC 1035), which brings phones to the page. No I/O."""

from arduino_iot_cloud.port import const

LONGEST = const(300)  # bytes of a question: a name has at most 255
_TTL = b"\x00\x00\x00\x0a"  # 10 s: the phone has to forget the answer when it is back in its own network


def answer(query, address):
    """The answer to a query (bytes): an A record with `address` (4 bytes), or no record for other types.

    Returns None for anything but a plain query, which is not answered.
    """
    # A query (not an answer), opcode 0, not truncated; one question, no answers
    if not 17 <= len(query) <= LONGEST or query[2] & 0xFA or query[4:8] != b"\x00\x01\x00\x00":
        return None
    at = 12
    while True:
        if at >= len(query):
            return None
        n = query[at]
        at += 1
        if n == 0:
            break
        if n > 63 or at - 12 + n > 254:  # compressed, or too long
            return None
        at += n
    if at + 4 > len(query):
        return None
    has_address = query[at : at + 4] == b"\x00\x01\x00\x01"  # A, IN
    head = query[:2] + bytes((0x84 | query[2] & 1, 0x80)) + b"\x00\x01\x00" + bytes((has_address, 0, 0, 0, 0))
    record = b"\xc0\x0c\x00\x01\x00\x01" + _TTL + b"\x00\x04" + address if has_address else b""
    return head + query[12 : at + 4] + record
