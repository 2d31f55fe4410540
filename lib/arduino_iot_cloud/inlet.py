"""Values that are set where the event loop is not: in an interrupt handler, or in another thread."""

import asyncio

from .port import MICROPYTHON


class Inlet:
    """A way into one variable that is safe from an interrupt handler (on MicroPython, a hard one too) or another
    thread. Made by `ArduinoCloudClient.inlet` in the program's own context, not in the handler.

    `set(value)` returns at once; the variable has the value soon after. Of several values set in a row, the last
    one counts. On MicroPython it allocates nothing: in a hard interrupt handler set what needs no memory, such as
    True or a small integer, not a float or text that is made there.
    """

    def __init__(self, p):
        self._p = p
        self._value = None
        if MICROPYTHON:
            self._flag = asyncio.ThreadSafeFlag()
            self.set = self._set_micropython
        else:
            self._flag = self._loop = None
            self._count = self._taken = 0  # values: that were set, that were handed on
            self.set = self._set_thread

    def _set_micropython(self, value):
        # Stores into slots that exist.
        self._value = value
        self._flag.set()

    def _set_thread(self, value):
        self._value = value
        self._count += 1
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._flag.set)
            except RuntimeError:
                pass  # the loop has ended: the next one will look

    async def run(self):
        """Hand on what is set. Ends by what the variable raises for a value; the client then runs it again."""
        if MICROPYTHON:
            while True:
                await self._flag.wait()
                self._p.value = self._value
        if self._loop is not asyncio.get_running_loop():
            self._flag = asyncio.Event()
            self._loop = asyncio.get_running_loop()
        while True:
            while self._taken == self._count:
                await self._flag.wait()
                self._flag.clear()
            self._taken = self._count
            self._p.value = self._value
