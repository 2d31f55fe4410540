"""Slow work in a thread, in fair turns: who has asked for much lately, or for nothing good, goes last."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Callable

MOST_WAITING = 1000
_HALF_LIFE_S = 10.0
_MOST_REMEMBERED = 4096


class QueueFull(Exception):
    """Too much is waiting, most of it from whoever gets this."""


@dataclass(eq=False)
class _Turn:
    identity: str
    address: str
    is_suspect: Callable[[], bool]
    number: int
    work: Callable[[], bool]
    done: "asyncio.Future[bool]"


@dataclass
class _Uses:
    """How much somebody has used lately. It halves every `_HALF_LIFE_S`."""

    of: dict[str, tuple[float, float]] = field(default_factory=dict)

    def now(self, who: str, at: float) -> float:
        amount, since = self.of.get(who, (0.0, at))
        return float(amount * 0.5 ** ((at - since) / _HALF_LIFE_S))

    def add(self, who: str, at: float) -> None:
        amount = self.now(who, at) + 1
        self.of.pop(who, None)
        self.of[who] = amount, at
        if len(self.of) > _MOST_REMEMBERED:
            del self.of[next(iter(self.of))]


class Turns:
    """One thread, so that guessing passwords cannot occupy more than one core, and a bounded queue before it.

    Next comes whoever is not suspect; among these, whose identity and address have had the least lately; among
    these, by turns who came first and who came last: a flood of strangers then delays few for long. Who no longer waits
    is taken out at once.
    """

    def __init__(self, most: int = MOST_WAITING, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "scrypt")
        self._waiting: list[_Turn] = []
        self._count = 0
        self._oldest_first = False
        self._runner: asyncio.Task[None] | None = None
        self._identities, self._addresses = _Uses(), _Uses()
        self.refused = 0
        """How many were refused because the queue was full."""

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    async def run(self, identity: str, address: str, is_suspect: Callable[[], bool], work: Callable[[], bool]) -> bool:
        """Do the work in the thread when its turn comes, and return its result. Raises `QueueFull`.

        `is_suspect` tells whether more has been tried than one secret. That may change while it waits.
        """
        self._count += 1
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        turn = _Turn(identity, address, is_suspect, self._count, work, future)
        self._waiting.append(turn)
        if len(self._waiting) > self._most:
            greediest = self._greediest()
            self._waiting.remove(greediest)
            self.refused += 1
            greediest.done.set_exception(QueueFull())
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run(), name="scrypt")
        try:
            return await turn.done
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def close(self) -> None:
        """Stop the thread."""
        if self._runner is not None:
            self._runner.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            turn = self._next()
            self._waiting.remove(turn)
            now = self._clock()
            self._identities.add(turn.identity, now)
            self._addresses.add(turn.address, now)
            try:
                result = await loop.run_in_executor(self._thread, turn.work)
            except Exception as error:
                if not turn.done.done():
                    turn.done.set_exception(error)
                continue
            if not turn.done.done():
                turn.done.set_result(result)

    def _next(self) -> _Turn:
        now = self._clock()
        self._oldest_first = not self._oldest_first

        def order(turn: _Turn) -> tuple[Any, ...]:
            used = self._identities.now(turn.identity, now) + self._addresses.now(turn.address, now)
            return turn.is_suspect(), round(used, 1), turn.number if self._oldest_first else -turn.number

        return min(self._waiting, key=order)

    def _greediest(self) -> _Turn:
        """Return the newest turn of those who have the most of them waiting, suspects first."""
        identities: dict[str, int] = {}
        addresses: dict[str, int] = {}
        for turn in self._waiting:
            identities[turn.identity] = identities.get(turn.identity, 0) + 1
            addresses[turn.address] = addresses.get(turn.address, 0) + 1

        def greed(turn: _Turn) -> tuple[Any, ...]:
            return turn.is_suspect(), identities[turn.identity], addresses[turn.address], turn.number

        return max(self._waiting, key=greed)
