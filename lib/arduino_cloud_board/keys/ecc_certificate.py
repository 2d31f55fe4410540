"""Rebuild the certificate that Arduino's provisioning leaves in a secure chip in parts.

The chip has its signature and dates (72 bytes), its serial number and authority key identifier (36 bytes), and the
device's id. The rest is the same for every device. The layout is that of Arduino's C++ libraries.
"""

from . import der

# Country, organisation, unit and name of the authority that signs the devices' certificates
_ISSUER = ((6, "US"), (10, "Arduino LLC US"), (11, "IT"), (3, "Arduino"))


def rebuild(compressed: bytes, identifiers: bytes, device_id: bytes, point: bytes) -> bytes:
    """The certificate (DER) rebuilt from its parts.

    compressed   signature (r and s, 64 bytes), dates (3 bytes); more bytes are ignored
    identifiers  serial number (16 bytes), authority key identifier (20 bytes, all zero for none); more are ignored
    device_id    text, padded with zeros
    point        the public key of the chip's private key: 65 bytes, 04 X Y

    Raises ValueError if the parts cannot be those of a certificate.
    """
    year, month, day, hour, years = dates(compressed)
    text = _text(device_id)
    serial, authority = identifiers[:16], identifiers[16:36]
    if len(identifiers) < 36 or not any(serial):
        raise ValueError("the certificate's serial number is missing")
    if not any(compressed[:32]) or not any(compressed[32:64]):
        raise ValueError("the certificate's signature is missing")
    signed = der.sequence(
        b"\xa0\x03\x02\x01\x02",  # version 3
        der.integer(serial),
        der.ECDSA_WITH_SHA256,
        der.name(*_ISSUER),
        der.sequence(_time(year, month, day, hour), _time(year + years, month, day, hour)),
        der.name((3, text)),
        der.public_key(point),
        der.element(0xA3, _extensions(authority)),
    )
    return der.sequence(signed, der.ECDSA_WITH_SHA256, der.bits(der.signature(compressed[:64])))


def dates(compressed: bytes) -> tuple:
    """(year, month, day, hour, years): when the certificate becomes valid, in UTC, and for how many years."""
    if len(compressed) < 67:
        raise ValueError("the certificate's dates are missing")
    a, b, c = compressed[64:67]
    found = (2000 + (a >> 3), (a & 7) << 1 | b >> 7, (b & 0x7C) >> 2, (b & 3) << 3 | c >> 5, c & 0x1F)
    if not 1 <= found[1] <= 12 or not 1 <= found[2] <= 31 or found[3] > 23:
        raise ValueError("the certificate's dates are bad")
    return found


def _text(device_id):
    try:
        text = bytes(device_id).split(b"\0", 1)[0].decode()
    except UnicodeError:
        text = ""
    if not text:
        raise ValueError("the device id is missing")
    return text


def _time(year, month, day, hour):
    # UTCTime up to 2049, GeneralizedTime from then on
    text = "%02d%02d%02d%02d0000Z" % (year % 100, month, day, hour)
    if year < 2050:
        return der.element(0x17, text.encode())
    return der.element(0x18, ("%d" % (year // 100) + text).encode())


def _extensions(authority):
    if not any(authority):
        return der.sequence()
    identifier = der.sequence(der.element(0x80, authority))
    return der.sequence(der.sequence(b"\x06\x03\x55\x1d\x23", der.element(der.OCTET_STRING, identifier)))


def compress(certificate: bytes) -> tuple:
    """(compressed, identifiers, device_id) of a certificate (DER), the parts for `rebuild`. Raises ValueError if the
    certificate does not fit into them."""
    start, end = der.content(certificate, der.SEQUENCE)
    at, signed_end = der.content(certificate, der.SEQUENCE, start)
    parts = _elements(certificate, at, signed_end)
    if len(parts) != 8 or parts[0] != b"\xa0\x03\x02\x01\x02":
        raise ValueError("not a certificate of version 3 with extensions")
    serial = _number(parts[1], 16)
    begin, until = [element.decode() for element in _contents(parts[4])]
    if len(begin) != 13 or len(until) not in (13, 15):
        raise ValueError("the certificate's dates do not fit into the chip")
    year, month, day, hour = [int(begin[i : i + 2]) for i in range(0, 8, 2)]
    years = int(until[:-11]) % 100 - year
    if not 0 <= years < 32 or year > 31:
        raise ValueError("the certificate's dates do not fit into the chip")
    packed = (year << 3 | month >> 1, (month & 1) << 7 | day << 2 | hour >> 3, (hour & 7) << 5 | years)
    name = parts[5]
    if len(name) > 13 + 72:
        raise ValueError("the certificate's device id does not fit into the chip")
    device_id = name[13:]
    mark = b"\x06\x03\x55\x1d\x23\x04\x18\x30\x16\x80\x14"  # authority key identifier
    found = parts[7].find(mark) + len(mark)
    authority = parts[7][found : found + 20] if found >= len(mark) else bytes(20)
    algorithm_end = der.read(certificate, signed_end)[2]
    begin, end = der.content(certificate, der.BIT_STRING, algorithm_end)
    numbers = _elements(certificate, der.content(certificate, der.SEQUENCE, begin + 1)[0], end)
    if len(numbers) != 2:
        raise ValueError("the certificate's signature is not of P-256")
    signature = _number(numbers[0], 32) + _number(numbers[1], 32)
    return signature + bytes(packed), serial + authority, device_id


def _elements(data, at, end):
    # The elements between two offsets, each with its head
    found = []
    while at < end:
        after = der.read(data, at)[2]
        found.append(data[at:after])
        at = after
    return found


def _contents(data):
    # The contents of the elements of a SEQUENCE
    found = []
    for element in _elements(data, *der.content(data, der.SEQUENCE)):
        _, start, end = der.read(element)
        found.append(element[start:end])
    return found


def _number(element, size):
    start, end = der.content(element, der.INTEGER)
    number = element[start:end].lstrip(b"\0")
    if len(number) > size:
        raise ValueError("a number of the certificate is too long for the chip")
    return bytes(size - len(number)) + number
