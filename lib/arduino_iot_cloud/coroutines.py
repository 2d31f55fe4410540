"""Callbacks that are coroutines: how the async driver runs what they return.

Loaded by the first one, and stays.
"""

import asyncio

from .port import report


class Turn:
    """The coroutines of one property's callbacks, one after the other. At most one waits: a newer one takes its place."""

    def __init__(self, driver, p, callback, coroutine):
        self._driver = driver
        self._p = p
        self._next = None
        p.busy = self
        driver.turns.append(self)
        self.task = asyncio.create_task(self._run(callback, coroutine))

    def queue(self, callback, coroutine):
        """Run this one after the present one."""
        if self._next:
            self._next[1].close()
        self._next = (callback, coroutine)

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
                callback, coroutine = self._next or (None, None)
                self._next = None
        finally:  # also where the event loop ends
            self.end()

    def end(self):
        """It runs no more."""
        if self._next:
            self._next[1].close()
            self._next = None
        if self in self._driver.turns:
            self._driver.turns.remove(self)
        if self._p.busy is self:
            self._p.busy = False
            self._driver.schedule()


def spawn(driver, p, callback, coroutine):
    """Run what a callback of `p` returned, after the one that still runs."""
    if p.busy:
        p.busy.queue(callback, coroutine)
    else:
        Turn(driver, p, callback, coroutine)
