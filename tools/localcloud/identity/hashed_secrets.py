"""Secrets of devices: made at random, kept as scrypt hashes, verified without blocking the loop."""

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
    """Return a random secret that survives copying by hand and by shells."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(SECRET_LENGTH))


class SecretHash(str):
    """The hash of a secret that was just made, which still knows it: an external broker keeps its own hash.

    Only the text of the hash is stored or shown.
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
    """Does the secret belong to the stored hash? Slow on purpose."""
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

    What is remembered is an HMAC of hash and secret under a key that lives only in this process,
    so five hundred devices that reconnect at once cost five hundred HMACs, not as many scrypts.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._verified: dict[str, bytes] = {}
        # One thread: strangers who try passwords cannot take more than one core.
        self._thread = ThreadPoolExecutor(1, "scrypt")

    async def verify(self, device_id: str, secret: str, stored: str | None) -> bool:
        """Does the secret belong to the device with this stored hash (None: no secret)?"""
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
        """Let go of the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)
