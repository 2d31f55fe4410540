"""Read and write the DER (ITU-T X.690) of keys, certificates and certificate requests."""

# The identifiers in every P-256 key and its signatures: id-ecPublicKey, prime256v1, ecdsa-with-SHA256 (RFC 5480, 5758)
EC_PUBLIC_KEY = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
PRIME256V1 = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
ECDSA_WITH_SHA256 = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"

SEQUENCE = 0x30
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04


def element(tag: int, *parts) -> bytes:
    """An element with this tag, whose content is the parts (bytes) in a row."""
    content = b"".join(parts)
    n = len(content)
    if n < 0x80:
        return bytes((tag, n)) + content
    if n < 0x100:
        return bytes((tag, 0x81, n)) + content
    return bytes((tag, 0x82, n >> 8, n & 0xFF)) + content


def sequence(*parts) -> bytes:
    """A SEQUENCE of the parts."""
    return element(SEQUENCE, *parts)


def integer(number) -> bytes:
    """An INTEGER of a non-negative number (bytes, big-endian, leading zeros allowed)."""
    number = bytes(number).lstrip(b"\0")
    if not number or number[0] & 0x80:
        number = b"\0" + number
    return element(INTEGER, number)


def bits(*parts) -> bytes:
    """A BIT STRING of whole bytes."""
    return element(BIT_STRING, b"\0", *parts)


def signature(r_and_s) -> bytes:
    """An ECDSA signature in the form of TLS and X.509, from r and s (64 bytes, big-endian)."""
    return sequence(integer(r_and_s[:32]), integer(r_and_s[32:]))


def public_key(point) -> bytes:
    """SubjectPublicKeyInfo of a point of P-256 (65 bytes: 04 X Y)."""
    return sequence(sequence(EC_PUBLIC_KEY, PRIME256V1), bits(point))


def name(*attributes) -> bytes:
    """A Name of attributes, each (last number of its identifier 2.5.4.n, text) and in its own set, as PrintableString.
    """
    sets = [
        element(0x31, sequence(b"\x06\x03\x55\x04" + bytes((number,)), element(0x13, text.encode())))
        for number, text in attributes
    ]
    return sequence(*sets)


def read(data, at: int = 0) -> tuple:
    """The element that begins at byte `at`: (tag, start of its content, end of its content).

    Raises ValueError if the element is incomplete or longer than 64 KB.
    """
    try:
        n = data[at + 1]
        start = at + 2
        if n > 0x82 or n == 0x80:
            raise ValueError("unknown DER")
        if n > 0x80:
            start += n - 0x80
            n = int.from_bytes(data[at + 2 : start], "big")
    except IndexError:
        raise ValueError("truncated DER")
    if start + n > len(data):
        raise ValueError("truncated DER")
    return data[at], start, start + n


def content(data, tag: int, at: int = 0) -> tuple:
    """(start, end) of the content of the element at byte `at`. Raises ValueError if it has another tag."""
    found, start, end = read(data, at)
    if found != tag:
        raise ValueError("a DER element has the tag 0x%02x, not 0x%02x" % (found, tag))
    return start, end
