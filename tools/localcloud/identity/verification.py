"""Compare secrets with stored hashes. Right ones get in, whatever else is being tried at the same time.

- A generated secret is compared at once, since nobody finds one by trying. A right one never waits.
- Anything else takes the same way, whether or not there is such a device or key: a place among the few that may wait
  for this identity from this address (see `pauses`), for an old or a slow hash a turn in the thread (see `turns`), and
  an answer that is held back if it is a refusal. So neither words nor times tell who exists.
"""

import asyncio
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Callable

from . import hashed_secrets
from .failures import Failures
from .pauses import Pauses, TooMany
from .turns import QueueFull, Turns

DEVICE, API_KEY = "device", "API key"
_MOST_REMEMBERED = 20_000
_NO_HASH = ""


class Busy(Exception):
    """The secret was not compared, because too many are waiting. The client may try again in a second."""


@dataclass(eq=False)
class _Comparison:
    task: "asyncio.Task[bool]"
    waiting: int = 0


class Verifier:
    """Compares secrets for the whole process, and remembers which were right.

    It remembers an HMAC of hash and secret, with a key that exists only in this process. With it a device that comes
    back costs nothing, and neither does a wrong secret for a device that has been here before.
    """

    def __init__(
        self,
        failures: Failures,
        outdated: Callable[[str, str, str, str], None] | None = None,
        *,
        pauses: Pauses | None = None,
        turns: Turns | None = None,
    ) -> None:
        """`outdated(kind, id, old, new)` is called when a right secret can be stored with a faster hash."""
        self.failures = failures
        self._outdated = outdated
        self._pauses = pauses or Pauses()
        self._turns = turns or Turns()
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._running: dict[tuple[str, str, bytes], _Comparison] = {}

    async def verify(self, kind: str, id: str, secret: str, stored: str | None, address: str) -> bool:
        """Return whether the secret belongs to the hash that is stored for the device or key with this id.

        `stored` is None if there is no such device or key, or no secret. If the task is cancelled, because the client
        has gone, nothing more is done for it. Raises `Busy`.
        """
        since = time.monotonic()
        stored = stored or _NO_HASH
        identity = _identity(kind, id)
        mark = self._mark(secret, stored)
        try:
            right = (
                hashed_secrets.is_generated(secret) and self._is_right_at_once(identity, secret, stored, mark)
            ) or await self._share(identity, address, secret, stored, mark)
        except (TooMany, QueueFull):
            self.failures.note_busy(kind, id, address)
            raise Busy from None
        if not right:
            self.failures.note(kind, id, address, self._pauses.failures(identity, address))
            await self._pauses.hold(identity, address, since)
            return False
        if self._outdated is not None and hashed_secrets.is_outdated(stored) and hashed_secrets.is_generated(secret):
            self._outdated(kind, id, stored, hashed_secrets.hash_secret(secret))
        return True

    def is_still_right(self, kind: str, id: str, secret: str, stored: str) -> bool:
        """Return whether a secret that was right a moment ago belongs to the hash that is stored now."""
        return self._is_right_at_once(_identity(kind, id), secret, stored, self._mark(secret, stored))

    def close(self) -> None:
        """Stop the thread."""
        self._turns.close()

    def _mark(self, secret: str, stored: str) -> bytes:
        return hmac.digest(self._key, (stored + "\0" + secret).encode("utf-8", "surrogatepass"), "sha256")

    def _is_right_at_once(self, identity: str, secret: str, stored: str, mark: bytes) -> bool:
        if hashed_secrets.is_fast(stored):
            return hashed_secrets.matches(secret, stored)
        known, right = self._right.get(identity, (_NO_HASH, b""))
        return known == stored and hmac.compare_digest(right, mark)

    async def _share(self, identity: str, address: str, secret: str, stored: str, mark: bytes) -> bool:
        """Compare, once for all who have come with the same, until the last of them has gone."""
        key = identity, address, mark
        comparison = self._running.get(key)
        if comparison is None or comparison.task.cancelling():
            task = asyncio.create_task(self._compare(identity, address, secret, stored, mark))
            comparison = self._running[key] = _Comparison(task)
        comparison.waiting += 1
        try:
            return await asyncio.shield(comparison.task)
        finally:
            comparison.waiting -= 1
            if not comparison.waiting:
                comparison.task.cancel()
                if self._running.get(key) is comparison:
                    del self._running[key]

    async def _compare(self, identity: str, address: str, secret: str, stored: str, mark: bytes) -> bool:
        async with self._pauses.comparison(identity, address):
            known, right = self._right.get(identity, (_NO_HASH, b""))
            if stored and known == stored:
                is_right = hmac.compare_digest(right, mark)
            elif stored == _NO_HASH or hashed_secrets.is_fast(stored):
                is_right = hashed_secrets.matches(secret, stored)
            else:
                is_right = await self._turns.run(
                    identity,
                    address,
                    lambda: self._pauses.is_suspect(identity, address),
                    lambda: hashed_secrets.matches(secret, stored),
                )
        if not is_right:
            self._pauses.failed(identity, address)
            return False
        if not hashed_secrets.is_fast(stored):
            self._right[identity] = stored, mark
            self._right.move_to_end(identity)
            if len(self._right) > _MOST_REMEMBERED:
                self._right.popitem(last=False)
        return True


def _identity(kind: str, id: str) -> str:
    return "%s %s" % (kind, id[:64])
