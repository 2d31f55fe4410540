"""Wait in the cloud for the device's values."""

import asyncio
import time
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Coroutine

from localcloud.remote import RemoteCloud

from . import DemoError
from .device import Device


class Watch:
    """The values that the device sends while this is open."""

    def __init__(self, events: AsyncIterator[dict[str, Any]], thing_id: str) -> None:
        """Use `watch`."""
        self._events = events
        self._thing_id = thing_id
        self._last: dict[str, Any] = {}

    async def value(self, device: Device, name: str, timeout: float, expected: Any = None) -> float:
        """Wait for a value of a variable (this one, if `expected` is given). Return its perf_counter() time.

        Raises DemoError.
        """
        what = name if expected is None else "%s = %s" % (name, expected)
        return await _before_the_end(device, self._value(name, expected), timeout, what)

    async def change(self, device: Device, timeout: float) -> tuple[str, Any, Any]:
        """Wait for a reading that has changed. Return its name, old value and new value. Raises DemoError."""
        return await _before_the_end(device, self._change(), timeout, "changed reading")

    async def _values(self) -> AsyncIterator[tuple[str, Any, Any]]:
        async for event in self._events:
            if event["event"] == "value" and event["thing_id"] == self._thing_id and event["source"] == "device":
                name, value = event["variable_name"], event["value"]
                old, self._last[name] = self._last.get(name), value
                yield name, old, value
        raise DemoError("the cloud has closed the connection")

    async def _value(self, wanted: str, expected: Any) -> float:
        async for name, _, value in self._values():
            if name == wanted and expected in (None, value):
                break
        return time.perf_counter()

    async def _change(self) -> tuple[str, Any, Any]:
        async for name, old, value in self._values():
            if name != "led" and old not in (None, value):
                break
        return name, old, value


@asynccontextmanager
async def watch(remote: RemoteCloud, thing_id: str) -> AsyncIterator[Watch]:
    """Watch a thing: `async with watch(remote, thing_id) as values: await values.value(…)`."""
    async with remote.live() as events:
        yield Watch(events, thing_id)


async def _before_the_end(device: Device, wanted: Coroutine[Any, Any, Any], timeout: float, what: str) -> Any:
    """Await `wanted`. Raises DemoError if the time is up or the device program ends before."""
    tasks = asyncio.create_task(wanted), asyncio.create_task(device.failure())
    try:
        done, _ = await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            said = "; the device says: " + device.last_line if device.last_line else ""
            raise DemoError("no %s came from the device within %g s%s" % (what, timeout, said))
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
