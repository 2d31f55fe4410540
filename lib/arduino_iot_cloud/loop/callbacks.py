"""Callbacks that are coroutine functions: how the async driver runs the coroutines.

Imported for the first of them, and stays.
"""

import asyncio

from ..port import const, report

_WAITING = const(8)


class Turn:
    """The coroutines of one property's callbacks, which run one after the other. At most eight wait: if there are more,
    the oldest is dropped, since the newest value counts."""

    def __init__(self, driver, p, callback, coroutine):
        self._driver = driver
        self._p = p
        self._waiting = []  # pairs of callback and coroutine
        p.busy = self
        driver.turns = driver.turns or []
        driver.turns.append(self)
        self.task = asyncio.create_task(self._run(callback, coroutine))

    def queue(self, callback, coroutine):
        """Run a coroutine after those before it."""
        self._waiting.append((callback, coroutine))
        if len(self._waiting) > _WAITING:
            self._waiting.pop(0)[1].close()

    async def _run(self, callback, coroutine):
        p = self._p
        try:
            while coroutine:
                try:
                    result = await coroutine
                    if callback == p.on_read:
                        p.value = result
                except Exception as error:
                    report(p.name, error)
                callback, coroutine = self._waiting.pop(0) if self._waiting else (None, None)
        finally:  # also if the event loop ends
            self.end()

    def end(self):
        """Drop the coroutines that wait, and let the property's callbacks be called again."""
        while self._waiting:
            self._waiting.pop()[1].close()
        if self in self._driver.turns:
            self._driver.turns.remove(self)
        if self._p.busy is self:
            self._p.busy = False
            self._driver.schedule()


def spawn(driver, p, callback, coroutine):
    """Run the coroutine that a callback of `p` returned, after those that still run."""
    if p.busy:
        p.busy.queue(callback, coroutine)
    else:
        Turn(driver, p, callback, coroutine)
