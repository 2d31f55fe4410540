"""The beginning of every device program in the tests: the client, and orders from the test on stdin.

It runs on CPython and MicroPython. Everything that is logged or raised goes to stdout.
"""

import asyncio
import sys
import time  # noqa: F401, for orders

from prelude import MICROPYTHON, milliseconds  # isort: skip, the log's place is set before the client is loaded

from arduino_iot_cloud import ArduinoCloudClient  # noqa: F401


class Ticker:
    """A user's task that should run every 5 ms. Until `stop`, `gaps` records the actual times in ms."""

    def __init__(self):
        self.gaps = []
        self._task = asyncio.create_task(self._tick())

    async def _tick(self):
        while True:
            begin = milliseconds()
            await asyncio.sleep(0.005)
            self.gaps.append(milliseconds() - begin)

    def stop(self):
        """End the task and return (count, median, longest) of the gaps."""
        self._task.cancel()
        gaps = sorted(self.gaps) or [0]
        return len(gaps), gaps[len(gaps) // 2], gaps[-1]


def later(coroutine):
    """Run a coroutine as a task and print its result as `result …`."""

    async def finish():
        print("result %r" % (await coroutine,))

    asyncio.create_task(finish())


def until(condition, number):
    """Print `until NUMBER` once a condition is true."""

    async def watch():
        while not condition():
            await asyncio.sleep(0.01)
        print("until %d" % number)

    asyncio.create_task(watch())


async def _orders(names):
    if MICROPYTHON:
        reader = asyncio.StreamReader(sys.stdin)
    else:
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while True:
        line = await reader.readline()
        if not line:
            return
        try:
            exec(line.decode(), names)
        except Exception as error:
            print("order failed: %s: %s" % (type(error).__name__, error))


def run(client, names, **arguments):
    """Run the client and the orders until the client is stopped. Print `ended`, or what was raised."""

    async def main():
        orders = asyncio.create_task(_orders(names))
        print("running")
        await client.run(**arguments)
        orders.cancel()
        print("ended")

    try:
        asyncio.run(main())
    except Exception as error:
        print("run raised %s: %s" % (type(error).__name__, error))
        sys.exit(1)
