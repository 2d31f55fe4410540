"""Secrets of devices: random, stored as scrypt hashes, verified without blocking the event loop."""

import asyncio
import base64
import hashlib
import hmac
import secrets
from concurrent.futures import ThreadPoolExecutor

_LOG2_COST, _BLOCK, _PARALLEL = 14, 8, 1
_SALT_BYTES = 16
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
SECRET_LENGTH = 40


def new_secret() -> str:
    """Return a random secret that is easy to copy by hand and in shells."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(SECRET_LENGTH))


class SecretHash(str):
    """The hash of a new secret, together with the secret, from which an external broker makes its own hash.

    Only the hash's text is stored or shown.
    """

    secret: str


def hash_secret(secret: str) -> SecretHash:
    """Return a salted scrypt hash of the secret, with its parameters, as text."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = _scrypt(secret, salt, _LOG2_COST, _BLOCK, _PARALLEL)
    salt_text, digest_text = base64.b64encode(salt).decode(), base64.b64encode(digest).decode()
    text = "scrypt$%d$%d$%d$%s$%s" % (_LOG2_COST, _BLOCK, _PARALLEL, salt_text, digest_text)
    hashed = SecretHash(text)
    hashed.secret = secret
    return hashed


def matches(secret: str, stored: str) -> bool:
    """Return whether the secret belongs to the stored hash. This is slow on purpose."""
    try:
        name, cost, block, parallel, salt, digest = stored.split("$")
        if name != "scrypt":
            return False
        actual = _scrypt(secret, base64.b64decode(salt), int(cost), int(block), int(parallel))
        return hmac.compare_digest(actual, base64.b64decode(digest))
    except ValueError:
        return False


def _scrypt(secret: str, salt: bytes, log2_cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(
        secret.encode("utf-8", "surrogatepass"), salt=salt, n=1 << log2_cost, r=block, p=parallel, dklen=32
    )


class Verifier:
    """Verifies secrets in a thread and remembers successes.

    It remembers an HMAC of hash and secret, with a key that exists only in this process. Five hundred
    devices that reconnect at once therefore cost five hundred HMACs, but no scrypt.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._verified: dict[str, bytes] = {}
        # One thread, so that guessing passwords cannot occupy more than one core.
        self._thread = ThreadPoolExecutor(1, "scrypt")

    async def verify(self, device_id: str, secret: str, stored: str | None) -> bool:
        """Return whether the secret belongs to the device with this stored hash (None: it has no secret)."""
        if not stored:
            return False
        mark = hmac.digest(self._key, (stored + "\0" + secret).encode("utf-8", "surrogatepass"), "sha256")
        if hmac.compare_digest(self._verified.get(device_id, b""), mark):
            return True
        loop = asyncio.get_running_loop()
        if not await loop.run_in_executor(self._thread, matches, secret, stored):
            return False
        self._verified[device_id] = mark
        return True

    def close(self) -> None:
        """Stop the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)
