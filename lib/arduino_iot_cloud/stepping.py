"""The sync-mode driver on CPython: the async driver, on an event loop that only runs inside `update()`.

Callbacks so run in the program's own thread, and nothing happens between the calls. `update()` takes
what has come, runs the callbacks that are due, and waits for the acknowledgement of what it
published, on a dead link for 5 s at most. A program that runs an event loop itself uses
`sync_mode=False`: Python runs no loop inside another.
"""

import asyncio
import atexit

from .loop import Alarm
from .loop import Driver as AsyncDriver
from .port import ticks_add, ticks_diff, ticks_ms

_TURNS = 25  # of the event loop: enough for a message to be read, to run its callbacks, and for their values to leave
_PATIENCE_MS = 5000


class Driver:
    """Runs one ArduinoCloudClient whenever its program calls `update`."""

    _task = None
    _fault = None
    _stopped = False

    def __init__(self, client, tls):
        self._loop = asyncio.new_event_loop()
        self._driver = AsyncDriver(client, tls)
        self.session = self._driver.session
        self.mqtt = self._driver.mqtt
        self.wake = self._driver.wake
        self.schedule = self._driver.schedule

    def __getattr__(self, name):
        return getattr(self._driver, name)  # the counts

    @property
    def state(self):
        """What `ArduinoCloudClient.state` returns."""
        return self._driver.state

    def spawn(self, p, callback, coroutine):
        """A callback of `p` returned a coroutine: have `update` raise TypeError, once for `on_run` and `on_read`."""
        coroutine.close()
        p.busy = True
        self._fault = TypeError("'%s' has a callback that is a coroutine: that needs sync_mode=False" % p.name)

    def start(self, interval, backoff):
        """Connect; returns once values may flow, or after `stop`. The callbacks run meanwhile."""
        self._begin(interval, backoff)
        self._run(self._until_ready())

    def update(self):
        """Receive, run the callbacks that are due, publish; the connection is looked after on the way.

        Raises as the driver on MicroPython does (`sync.Driver.update`).
        """
        if not self._task and not self._stopped:
            self._begin(1.0, 2.0)
        if self._task:
            self._run(self._step())

    def stop(self):
        """Disconnect. `update` then does nothing until the next `start`."""
        self._stopped = True
        self._driver.stop()
        if self._task and not self._loop.is_running():
            self._run(asyncio.wait((self._task,), timeout=_PATIENCE_MS / 1000))

    def _begin(self, interval, backoff):
        self._stopped = False
        if not self._task:
            atexit.register(self.stop)
            self._task = self._loop.create_task(self._driver.run(interval, backoff))

    def _run(self, coroutine):
        if self._loop.is_running():
            coroutine.close()
            raise RuntimeError("update() is called from one of its own callbacks")
        try:
            self._loop.run_until_complete(coroutine)
        finally:
            coroutine.close()
        if self._task.done():
            task = self._task
            self._task = None
            atexit.unregister(self.stop)
            rest = asyncio.all_tasks(self._loop)
            if rest:  # they are cancelled
                self._loop.run_until_complete(asyncio.wait(rest))
            task.result()  # raises what ended it
        if self._fault:
            fault = self._fault
            self._fault = None
            raise fault

    async def _until_ready(self):
        while not (self.session.ready or self._task.done() or self._fault):
            await asyncio.sleep(0.01)

    async def _step(self):
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        packet = self.mqtt.unacked
        end = ticks_add(ticks_ms(), _PATIENCE_MS)
        while packet and self.mqtt.unacked == packet and self.session.ready and ticks_diff(end, ticks_ms()) > 0:
            if not self._driver.acked:
                self._driver.acked = Alarm()
            await self._driver.acked.wait(100)
