"""Make keys on the board, and requests for their certificates (PKCS#10, RFC 2986).

    key = create_key()                     # DER; store it, and never print it
    print(pem(csr(device_id, key)))        # for the cloud, which turns it into a certificate

The subject is only CN = the device's id, as in Arduino's provisioning.
"""

from binascii import b2a_base64
from hashlib import sha256

from . import der


def create_key(entropy: bytes = b"") -> bytes:
    """A new P-256 private key as DER (ECPrivateKey, RFC 5915), which both MicroPython's TLS and OpenSSL take.

    `entropy` (any bytes) is mixed with the board's own random numbers.
    """
    from . import p256

    private = p256.new_private_key(entropy)
    return der.sequence(
        b"\x02\x01\x01",
        der.element(der.OCTET_STRING, private),
        der.element(0xA0, der.PRIME256V1),
        der.element(0xA1, der.bits(p256.public_point(private))),
    )


class PrivateKey:
    """A private key in memory, with the interface of a key in a chip. Its `repr` does not show it."""

    def __init__(self, data):
        """`data`: DER, ECPrivateKey or PKCS#8. Raises ValueError for anything but a P-256 private key."""
        self._number = _private_number(bytes(data))

    def public_key(self) -> bytes:
        """The public key: 65 bytes, 04 X Y."""
        from .p256 import public_point

        return public_point(self._number)

    def sign(self, digest: bytes) -> bytes:
        """The signature (DER) of a SHA-256 digest (32 bytes)."""
        from .p256 import sign

        return sign(self._number, digest)


def csr(device_id: str, key) -> bytes:
    """A request (DER) for a certificate with CN = `device_id`.

    `key`: a private key in DER, or an object with the methods of PrivateKey, such as a store's `key("key")`.
    Raises ValueError for another key, and for an id that does not have 1 to 64 letters, digits and characters of
    ' .-:'.
    """
    if not device_id or len(device_id) > 64:
        raise ValueError("device_id: 1 to 64 characters expected, not %d" % len(device_id))
    for character in device_id:
        if not ("0" <= character <= "9" or "A" <= character <= "Z" or "a" <= character <= "z" or character in " .-:"):
            raise ValueError("device_id: '%s' has other characters than letters, digits and ' .-:'" % device_id)
    if isinstance(key, (bytes, bytearray, memoryview)):
        key = PrivateKey(key)
    request = der.sequence(
        b"\x02\x01\x00",
        der.name((3, device_id)),
        der.public_key(key.public_key()),
        b"\xa0\x00",
    )
    signed = key.sign(sha256(request).digest())
    return der.sequence(request, der.ECDSA_WITH_SHA256, der.bits(signed))


def pem(data: bytes, label: str = "CERTIFICATE REQUEST") -> str:
    """The data (DER) as PEM (RFC 7468)."""
    lines = ["-----BEGIN %s-----" % label]
    for at in range(0, len(data), 48):
        lines.append(b2a_base64(data[at : at + 48]).decode().strip())
    lines.append("-----END %s-----\n" % label)
    return "\n".join(lines)


def public_key_of(certificate: bytes) -> bytes:
    """The public key (65 bytes: 04 X Y) of a certificate or a request (DER). Raises ValueError if it is not of P-256.

    A private key and a certificate belong together if their public keys are the same.
    """
    mark = der.sequence(der.EC_PUBLIC_KEY, der.PRIME256V1) + b"\x03\x42\x00\x04"
    at = bytes(certificate).find(mark)
    if certificate[:1] != b"\x30" or at < 0 or at + len(mark) + 64 > len(certificate):
        raise ValueError("not a certificate of a P-256 key")
    at += len(mark) - 1
    return bytes(certificate[at : at + 65])


def _private_number(data):
    number = None
    try:
        number = _number_of(data)
    except (ValueError, IndexError):
        pass  # its text could quote the content
    if number is None or len(number) > 32:
        raise ValueError("not a P-256 private key in DER")
    return bytes(32 - len(number)) + number


def _number_of(data):
    start, end = der.content(data, der.SEQUENCE)
    _, at = der.content(data, der.INTEGER, start)
    if data[at] == der.SEQUENCE:  # PKCS#8 (RFC 5958): the algorithm, then the key in an octet string
        begin, end = der.content(data, der.SEQUENCE, at)
        if data[begin:end] != der.EC_PUBLIC_KEY + der.PRIME256V1:
            return None
        begin, end = der.content(data, der.OCTET_STRING, end)
        return _number_of(data[begin:end])
    begin, after = der.content(data, der.OCTET_STRING, at)
    if after < end and data[after] == 0xA0 and der.PRIME256V1 not in data[after : after + 12]:
        return None
    return data[begin:after]
