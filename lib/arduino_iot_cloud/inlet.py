"""Values that are set outside the event loop: in an interrupt handler, or in another thread."""

import asyncio

from .port import MICROPYTHON


class Inlet:
    """A way to set one variable from an interrupt handler (on MicroPython even a hard one) or another thread.

    `ArduinoCloudClient.inlet` makes one: call it in the program itself, not in the handler.

    `set(value)` returns at once, and the variable gets the value soon after. If several values are set in a row, the
    last one counts. On MicroPython `set` allocates nothing. In a hard interrupt handler pass it a value that needs no
    memory, such as True or a small integer, not a float or text that is made there.
    """

    def __init__(self, p):
        self._p = p
        self._value = None
        if MICROPYTHON:
            self._flag = asyncio.ThreadSafeFlag()
            self.set = self._set_micropython
        else:
            self._flag = self._loop = None
            self._count = self._taken = 0  # how many values were set, and how many of them were passed on
            self.set = self._set_thread

    def _set_micropython(self, value):
        # Stores into existing slots only, so it allocates nothing.
        self._value = value
        self._flag.set()

    def _set_thread(self, value):
        self._value = value
        self._count += 1
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._flag.set)
            except RuntimeError:
                pass  # the loop has ended: `run` in the next one sees the value

    async def run(self):
        """Pass values on to the variable. Raises what the variable raises for one; the client then runs it again."""
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
