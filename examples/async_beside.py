"""A program's own asyncio tasks beside the client, which never blocks them.

One task measures how late the event loop wakes it, on any board or computer. The thing in the cloud has
two variables: late (a float, in ms, read only) and period (a float, in seconds, read and write).
"""

import asyncio
import time

from arduino_iot_cloud import ArduinoCloudClient
from secrets import CLOUD, DEVICE_ID, SECRET_KEY

SLEEP_MS = 20


async def measure(client):
    """Sleep often and briefly; publish the longest delay in each period."""
    while True:
        worst = 0
        for _ in range(max(1, int(client["period"] * 1000 / SLEEP_MS))):
            begin = time.time_ns()
            await asyncio.sleep(SLEEP_MS / 1000)
            worst = max(worst, time.time_ns() - begin - SLEEP_MS * 1000000)
        client["late"] = round(worst / 1000000, 2)


async def tell(client):
    """Print the state of the connection whenever it changes."""
    state = None
    while True:
        if client.state != state:
            state = client.state
            print(state)
        await asyncio.sleep(0.1)


async def on_period(client, seconds):
    """Check the period that the cloud has set. A callback may be a coroutine function, and wait."""
    if not 0.1 <= seconds <= 60:
        client["period"] = min(max(seconds, 0.1), 60.0)
    if await client.flush(5):
        print("a value every %s s" % client["period"])


async def main():
    client = ArduinoCloudClient(DEVICE_ID, username=DEVICE_ID, password=SECRET_KEY, **CLOUD)
    client.register("late", value=0.0)
    client.register("period", value=1.0, on_write=on_period)
    await asyncio.gather(client.run(), measure(client), tell(client))


asyncio.run(main())
