"""Publish N values and print when each was set. Print when each value from the cloud reached its callback.

Arguments: those of `connection`, N, the shortest and the longest pause between two values in ms.
"""

import asyncio
import random
import sys
import time

from connection import connect


def received(client, value):
    print("got", value, time.time_ns())


async def publish(client):
    count, low, high = map(int, sys.argv[4:])
    for i in range(1, count + 1):
        await asyncio.sleep_ms(random.randint(low, high))
        now = time.time_ns()
        client["count"] = i
        print("set", i, now)


async def main():
    client = connect()
    task = None

    def start(client, value):
        nonlocal task
        task = asyncio.create_task(publish(client))

    client.register("led", value=False, on_write=start)
    client.register("count", value=0)
    client.register("level", value=0, on_write=received)
    await client.run(0.1, 2)


asyncio.run(main())
