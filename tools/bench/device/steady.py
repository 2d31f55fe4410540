"""Print the heap in use once connected, and what publishing N values and receiving N allocates.

Arguments: those of `connection`, then N. What the same loop allocates without messages is subtracted.
"""

import gc
import sys

from heap_used import used

start = used()
import asyncio  # noqa: E402

from connection import connect  # noqa: E402

N = int(sys.argv[4])
got = 0


def count(client, value):
    global got
    got += 1


async def step_ours(client):
    # Ours acts by itself, at once: a publish, a receive and an idle step all get the same time.
    await asyncio.sleep_ms(10)


async def step_official(client):
    # One poll of the official client's tasks, which it makes every second.
    client.poll_mqtt()
    client.records["level"].run_sync(client)


async def measure(client):
    step = step_ours
    while not got:
        await asyncio.sleep_ms(20)
    if hasattr(client, "poll_mqtt"):
        step = step_official
        client.records["mqtt_task"].interval = client.records["level"].interval = 3600
        await asyncio.sleep(2)  # by now both tasks sleep
    for _ in range(3):
        await step(client)
    print("connected", used() - start)
    gc.disable()
    before = gc.mem_alloc()
    id(client)
    print("id", gc.mem_alloc() - before)
    before = gc.mem_alloc()
    for i in range(N):
        await step(client)
    idle = gc.mem_alloc() - before
    before = gc.mem_alloc()
    for i in range(N):
        client["count"] = i + 1
        await step(client)
    published = gc.mem_alloc() - before - idle
    await step(client)
    end = got + N
    print("listening")
    before = gc.mem_alloc()
    n = 0
    while got < end:
        await step(client)
        n += 1
    print("receive", (gc.mem_alloc() - before - idle * n // N) / N)
    print("publish", published / N)
    print("idle", idle / N)
    print("done")


async def main():
    client = connect()
    client.register("led", value=False)
    client.register("count", value=0)
    client.register("temperature", value=21.5)
    client.register("text", value="hello")
    client.register("level", value=7, on_write=count)
    task = asyncio.create_task(measure(client))  # noqa: F841 -- else it would be collected
    await client.run(0.1, 2)


asyncio.run(main())
