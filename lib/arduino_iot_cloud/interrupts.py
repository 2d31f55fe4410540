"""Values that are set where the event loop is not: in an interrupt handler, or in another thread."""

import asyncio

from .port import MICROPYTHON


class Inlet:
    """A way into one variable that is safe from an interrupt handler (on MicroPython, a hard one too) or another
    thread. Made by `ArduinoCloudClient.inlet` in the program's own context, not in the handler."""

    def __init__(self, p):
        self._p = p
        self.value = p.value
        if MICROPYTHON:
            self._flag = asyncio.ThreadSafeFlag()
            self.set = self._set_micropython
        else:
            self._flag = asyncio.Event()
            self._loop = None
            self.set = self._set_thread

    def _set_micropython(self, value):
        # Stores into slots that exist: nothing is allocated.
        self.value = value
        self._flag.set()

    def _set_thread(self, value):
        self.value = value
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._flag.set)

    async def run(self):
        """Hand on what is set. The client runs this; of several values set in a row, the last one counts."""
        if not MICROPYTHON:
            self._loop = asyncio.get_running_loop()
            if self.value != self._p.value:
                self._flag.set()
        while True:
            await self._flag.wait()
            if not MICROPYTHON:
                self._flag.clear()
            self._p.value = self.value
