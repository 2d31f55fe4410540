"""Growing pauses for those who give wrong secrets, each identity from each address by itself."""

import asyncio
import time
from collections import OrderedDict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import AsyncIterator, Callable

FREE = 4
"""So many wrong secrets cost no pause."""
SHORTEST_ANSWER_S = 0.3
"""No wrong secret is answered sooner, so that the answer's time does not tell what it was compared with."""
LONGEST_ANSWER_S = 3.0
"""Nor later: devices give up after some 5 s, and would take a wrong secret for a broken network."""
LONGEST_GAP_S = 0.45
"""The longest time between two comparisons. Two may wait, so a right secret waits no longer than a second."""
_MOST_WAITING_FREE = 8
_MOST_WAITING = 2
_MOST_HELD = 4
_MOST_HELD_IN_ALL = 256
_FORGOTTEN_AFTER_S = 15 * 60
_MOST_PAIRS = 10_000


class TooMany(Exception):
    """So many secrets are being tried for this identity from this address that one more is not compared."""


@dataclass(eq=False)
class _Pair:
    failures: int = 0
    last_failure: float = 0.0
    last_comparison: float = 0.0
    waiting: int = 0
    held: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Pauses:
    """What wrong secrets have been given for an identity from an address, and what follows from it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pairs: OrderedDict[tuple[str, str], _Pair] = OrderedDict()
        self._held = 0

    def __len__(self) -> int:
        """Return how many pairs are remembered."""
        return len(self._pairs)

    def failures(self, identity: str, address: str) -> int:
        """Return how many wrong secrets have been given lately."""
        pair = self._pairs.get((identity, address))
        return 0 if pair is None or self._is_over(pair) else pair.failures

    def is_suspect(self, identity: str, address: str) -> bool:
        """Return whether a wrong secret has been given, or several different ones are being tried at once."""
        pair = self._pairs.get((identity, address))
        return pair is not None and (pair.waiting > 1 or self.failures(identity, address) > 0)

    @asynccontextmanager
    async def comparison(self, identity: str, address: str) -> AsyncIterator[None]:
        """Wait until a secret may be compared. Raises `TooMany`."""
        pair = self._pair(identity, address)
        gap = self._gap(pair)
        if pair.waiting >= (_MOST_WAITING if gap else _MOST_WAITING_FREE):
            raise TooMany
        pair.waiting += 1
        try:
            async with pair.turn:
                await asyncio.sleep(max(0.0, pair.last_comparison + gap - self._clock()))
                pair.last_comparison = self._clock()
            yield
        finally:
            pair.waiting -= 1

    def failed(self, identity: str, address: str) -> int:
        """Note a wrong secret, and return how many that makes."""
        pair = self._pair(identity, address)
        pair.failures += 1
        pair.last_failure = self._clock()
        self._pairs.move_to_end((identity, address))
        return pair.failures

    async def hold(self, identity: str, address: str, since: float) -> None:
        """Wait until a wrong secret that came at `since` may be answered."""
        pair = self._pair(identity, address)
        answer_s = SHORTEST_ANSWER_S
        if pair.held < _MOST_HELD and self._held < _MOST_HELD_IN_ALL:
            # More are not kept waiting: connections are worth more than pauses.
            answer_s = pause_after(pair.failures)
        pair.held += 1
        self._held += 1
        try:
            await asyncio.sleep(max(0.0, since + answer_s - self._clock()))
        finally:
            pair.held -= 1
            self._held -= 1

    def _pair(self, identity: str, address: str) -> _Pair:
        key = identity, address
        pair = self._pairs.get(key)
        if pair is None:
            pair = self._pairs[key] = _Pair(last_comparison=self._clock() - LONGEST_GAP_S)
            if len(self._pairs) > _MOST_PAIRS:
                self._pairs.popitem(last=False)
        elif self._is_over(pair):
            pair.failures = 0
        return pair

    def _is_over(self, pair: _Pair) -> bool:
        return self._clock() - pair.last_failure > _FORGOTTEN_AFTER_S

    def _gap(self, pair: _Pair) -> float:
        if pair.failures <= FREE:
            return 0.0
        return float(min(LONGEST_GAP_S, 2.0 ** (pair.failures - FREE) / 64))


def pause_after(failures: int) -> float:
    """Return after how many seconds the last of so many wrong secrets is answered."""
    return float(min(LONGEST_ANSWER_S, SHORTEST_ANSWER_S * 2.0 ** min(10, max(0, failures - FREE))))
