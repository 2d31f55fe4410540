"""Signatures with the elliptic curve P-256 (FIPS 186-5) in Python, for firmware that offers none to programs.

This is meant for the one or two signatures of provisioning. Each takes from half a second to a few seconds on a board,
and nothing else runs meanwhile. Scalars are processed in a fixed pattern, but the time for arithmetic on long numbers
depends on their values: do not sign repeatedly for strangers who can measure the time. TLS uses its own code.
"""

import os
from hashlib import sha256

from .der import signature

_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # the number of points


def new_private_key(entropy: bytes = b"") -> bytes:
    """A new private key: 32 bytes, hashed from the port's `os.urandom` and `entropy`.

    `entropy` from the provisioning computer makes up for weak random numbers of the port, such as those of an ESP32
    whose radio is off.
    """
    while True:
        key = sha256(os.urandom(64) + entropy).digest()
        if 0 < int.from_bytes(key, "big") < N:
            return key


def public_point(private: bytes) -> bytes:
    """The public key (65 bytes: 04 X Y) of a private key (32 bytes). Raises ValueError for another private key."""
    x, y = multiply(_scalar(private))
    return b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def sign(private: bytes, digest: bytes) -> bytes:  # type: ignore[return] # the nonces have no end
    """The signature (DER) of a SHA-256 digest by a private key (32 bytes), deterministic as in RFC 6979.

    Raises ValueError for another private key, or if the digest does not have 32 bytes.
    """
    d = _scalar(private)
    if len(digest) != 32:
        raise ValueError("digest: 32 bytes expected, not %d" % len(digest))
    hashed = int.from_bytes(digest, "big") % N
    for k in _nonces(private, hashed.to_bytes(32, "big")):
        r = multiply(k)[0] % N
        s = pow(k, N - 2, N) * (hashed + r * d) % N
        if r and s:
            return signature(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def _scalar(private):
    number = int.from_bytes(private, "big")
    if len(private) != 32 or not 0 < number < N:
        raise ValueError("not a P-256 private key")
    return number


def _hmac(key, data):
    # keys of 32 bytes only
    inner = sha256(bytes([byte ^ 0x36 for byte in key]) + b"\x36" * 32 + data).digest()
    return sha256(bytes([byte ^ 0x5C for byte in key]) + b"\x5c" * 32 + inner).digest()


def _nonces(private, hashed):
    # RFC 6979, section 3.2
    k, v = bytes(32), b"\x01" * 32
    for mark in (b"\0", b"\1"):
        k = _hmac(k, v + mark + private + hashed)
        v = _hmac(k, v)
    while True:
        v = _hmac(k, v)
        nonce = int.from_bytes(v, "big")
        if 0 < nonce < N:
            yield nonce
        k = _hmac(k, v + b"\0")
        v = _hmac(k, v)


def multiply(k: int, point: tuple = _G) -> tuple:
    """k (0 < k < N) times a point of the curve, by default the base point: (x, y)."""
    odd = k & 1
    if not odd:
        k = N - k
    # 64 digits, all odd, so that each takes four doublings and one addition
    digits = []
    for _ in range(63):
        digit = (k & 31) - 16
        digits.append(digit)
        k = (k - digit) >> 4
    first = (point[0], point[1], 1)
    table = [first]  # 1, 3, 5 … 15 times the point
    twice = _double(first)
    for _ in range(7):
        table.append(_add(table[-1], twice))
    result = table[k >> 1]
    for digit in reversed(digits):
        for _ in range(4):
            result = _double(result)
        x, y, z = table[abs(digit) >> 1]
        result = _add(result, (x, y if digit > 0 else _P - y, z))
    x, y, z = result
    z = pow(z, _P - 2, _P)
    zz = z * z % _P
    y = y * zz * z % _P
    return x * zz % _P, y if odd else _P - y


# Points are (X, Y, Z) with x = X / Z², y = Y / Z³. None of the points above is ever the one at infinity.


def _double(point):
    x, y, z = point
    zz = z * z % _P
    yy = y * y % _P
    s = 4 * x * yy % _P
    m = 3 * (x - zz) * (x + zz) % _P
    x = (m * m - 2 * s) % _P
    return x, (m * (s - x) - 8 * yy * yy) % _P, 2 * y * z % _P


def _add(one, other):
    x1, y1, z1 = one
    x2, y2, z2 = other
    zz1 = z1 * z1 % _P
    zz2 = z2 * z2 % _P
    u1 = x1 * zz2 % _P
    s1 = y1 * zz2 * z2 % _P
    h = (x2 * zz1 - u1) % _P
    r = (y2 * zz1 * z1 - s1) % _P
    if not h and not r:
        return _double(one)
    hh = h * h % _P
    hhh = hh * h % _P
    v = u1 * hh % _P
    x = (r * r - hhh - 2 * v) % _P
    return x, (r * (v - x) - s1 * hhh) % _P, h * z1 * z2 % _P
