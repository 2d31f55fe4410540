"""Stay connected and do nothing else, on CPython and on MicroPython. Arguments: MODE FILE.

MODE is async, sync, websocket or user. FILE has the client's arguments as JSON; for `user` those of ArduinoIoTCloud and
the `thing_id`. The program prints `ready` once values can flow, `got VALUE NS` when one has reached its callback (Unix
time in ns), and `heap BYTES` for each line on stdin. The end of stdin ends it.
"""

import gc
import json
import sys
import time

MICROPYTHON = sys.implementation.name == "micropython"
PAUSE_MS = 10  # between two calls of update(), as in docs/moving-over.md
if not MICROPYTHON:
    import logging

    logging.basicConfig(stream=sys.stdout, format="%(message)s")


def got(value):
    """Print what the cloud wrote."""
    print("got", value, time.time_ns())


def tell_heap():
    """Print the bytes of heap in use; on CPython the number of allocated blocks."""
    for _ in range(4):
        gc.collect()
    print("heap", gc.mem_alloc() if MICROPYTHON else sys.getallocatedblocks())


def make(arguments, **more):
    """Return a client with the variable `level`."""
    from arduino_iot_cloud import ArduinoCloudClient

    client = ArduinoCloudClient(**arguments, **more)
    client.register("level", value=0, on_write=lambda client, value: got(value))
    return client


async def orders():
    """Print the heap for each line, until the end of stdin."""
    import asyncio

    if MICROPYTHON:
        reader = asyncio.StreamReader(sys.stdin)
    else:
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        tell_heap()
    sys.exit()


async def run(arguments):
    """Run a device under asyncio."""
    import asyncio

    client = make(arguments)
    others = [asyncio.create_task(tell_ready(client)), asyncio.create_task(orders())]  # noqa: F841
    await client.run()


async def tell_ready(client):
    """Print `ready` once the client is connected."""
    import asyncio

    while not client.connected:
        await asyncio.sleep(0.05)
    print("ready")


async def use(arguments):
    """Run a user who watches `level`."""
    from arduino_iot_cloud.user import ArduinoIoTCloud

    thing_id = arguments.pop("thing_id")
    cloud = await ArduinoIoTCloud.connect(**arguments)
    cloud.property(thing_id, "level").subscribe(got)
    print("ready")
    await orders()


def step(arguments):
    """Run a device in sync mode."""
    import select

    client = make(arguments, sync_mode=True)
    client.start()
    print("ready")
    lines = select.poll()
    lines.register(sys.stdin, select.POLLIN)
    while True:
        client.update()
        if lines.poll(PAUSE_MS):
            if not sys.stdin.readline():
                sys.exit()
            tell_heap()


def main(mode, path):
    """Run the program."""
    with open(path) as file:
        arguments = json.load(file)
    if mode == "sync":
        return step(arguments)
    import asyncio

    asyncio.run((use if mode == "user" else run)(arguments))


if __name__ == "__main__":
    main(*sys.argv[1:])
