"""Connect with five properties and idle. For each line on stdin, print the heap in use.

Arguments: those of `connection`, the keepalive in seconds, async or sync.
"""

import select
import sys

from heap_used import used

start = used()
from connection import connect  # noqa: E402

keepalive, mode = int(sys.argv[4]), sys.argv[5]
if mode == "sync":
    client = connect(keepalive=keepalive, sync_mode=True)
else:
    client = connect(keepalive=keepalive)
client.register("led", value=False, on_write=lambda client, value: None)
client.register("count", value=0)
client.register("temperature", value=21.5)
client.register("text", value="hello")
client.register("level", value=7)


async def answer():
    import asyncio

    reader = asyncio.StreamReader(sys.stdin)
    while await reader.readline():
        print("heap", used() - start)


async def main():
    import asyncio

    task = asyncio.create_task(answer())
    await client.run(0.1, 2)
    return task


if mode == "sync":
    client.start(0.1, 2)
    lines = select.poll()
    lines.register(sys.stdin, select.POLLIN)
    while True:
        client.update()
        if lines.poll(10):
            sys.stdin.readline()
            print("heap", used() - start)
else:
    import asyncio

    asyncio.run(main())
