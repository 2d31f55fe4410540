"""Secrets of devices and API keys, and the hashes that are stored instead of them.

A generated secret has 238 bits: nobody finds it by trying, however fast the hash is, so it is stored as a salted
HMAC-SHA256. (NIST SP 800-63B says so of any random secret of at least 112 bits.) A password that a person has chosen
is stored as an scrypt hash, which takes some 60 ms.
"""

import base64
import hashlib
import hmac
import re
import secrets

_LOG2_COST, _BLOCK, _PARALLEL = 14, 8, 1
_SALT_BYTES = 16
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
SECRET_LENGTH = 40
LEAST_LENGTH = 8
"""How many characters a password that a person chooses has at least (NIST SP 800-63B, 5.1.1.2)."""
_FORM = re.compile("[A-Za-z0-9]{%d}" % SECRET_LENGTH)
_LEAST_DISTINCT = 18
_MOST_NEIGHBOURS = 12
_FAST = "hmac-sha256"
_SLOW = "scrypt-sha256"
_OLD = "scrypt"


def new_secret() -> str:
    """Return a random secret that is easy to copy by hand and in shells."""
    while True:
        secret = "".join(secrets.choice(_ALPHABET) for _ in range(SECRET_LENGTH))
        # Once in 100,000 times a random text looks as if it was not random.
        if is_generated(secret):
            return secret


def is_generated(secret: str) -> bool:
    """Return whether the secret looks like one of `new_secret`, and not like a person's idea of 40 characters."""
    if not _FORM.fullmatch(secret) or secret.lower() == secret or secret.upper() == secret:
        return False
    neighbours = sum(abs(ord(one) - ord(next_one)) <= 1 for one, next_one in zip(secret, secret[1:]))
    return len(set(secret)) >= _LEAST_DISTINCT and neighbours <= _MOST_NEIGHBOURS


class SecretHash(str):
    """The hash of a new secret, together with the secret, from which an external broker makes its own hash.

    Only the hash's text is stored or shown.
    """

    secret: str


def hash_secret(secret: str) -> SecretHash:
    """Return a salted hash of the secret, with its parameters, as text. This is slow unless it was generated."""
    salt = secrets.token_bytes(_SALT_BYTES)
    if is_generated(secret):
        text = "$".join((_FAST, _text(salt), _text(_hmac(secret, salt))))
    else:
        digest = _scrypt(_condensed(secret), salt, _LOG2_COST, _BLOCK, _PARALLEL)
        text = "%s$%d$%d$%d$%s$%s" % (_SLOW, _LOG2_COST, _BLOCK, _PARALLEL, _text(salt), _text(digest))
    hashed = SecretHash(text)
    hashed.secret = secret
    return hashed


def is_fast(stored: str) -> bool:
    """Return whether `matches` is fast with this stored hash."""
    return stored.startswith(_FAST + "$")


def is_outdated(stored: str) -> bool:
    """Return whether the hash is of an older local cloud, which hashed generated secrets slowly too."""
    return stored.startswith(_OLD + "$")


def matches(secret: str, stored: str) -> bool:
    """Return whether the secret belongs to the stored hash. This is slow on purpose unless `is_fast(stored)`."""
    try:
        name, *numbers, salt_text, digest_text = stored.split("$")
        salt, digest = base64.b64decode(salt_text), base64.b64decode(digest_text)
        if name == _FAST and not numbers:
            return hmac.compare_digest(_hmac(secret, salt), digest)
        cost, block, parallel = (int(number) for number in numbers)
        if name == _SLOW:
            data = _condensed(secret)
        elif name == _OLD and not secret.endswith("\0"):
            # scrypt begins with an HMAC whose key is the secret, and fills that up with NULs: to it, a secret
            # followed by NUL is the secret.
            data = _bytes(secret)
        else:
            return False
        return hmac.compare_digest(_scrypt(data, salt, cost, block, parallel), digest)
    except ValueError:
        return False


def _condensed(secret: str) -> bytes:
    """Return text of one length for every secret, so that scrypt neither fills it up nor shortens it."""
    return base64.b64encode(hashlib.sha256(_bytes(secret)).digest())


def _bytes(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _hmac(secret: str, salt: bytes) -> bytes:
    return hmac.digest(salt, _bytes(secret), "sha256")


def _scrypt(data: bytes, salt: bytes, log2_cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(data, salt=salt, n=1 << log2_cost, r=block, p=parallel, dklen=32)
