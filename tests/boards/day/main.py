"""The program that the board runs at each start: a device with a history in a file, which obeys the test."""

import asyncio
import os
import sys
import time

import machine
import page
import radio

radio.install(os.getenv("RADIO"))

import arduino_iot_cloud  # noqa: E402
from arduino_cloud_board import Device  # noqa: E402
from arduino_iot_cloud import Task  # noqa: E402

device = Device(
    watchdog=8000,
    ntp_server=os.getenv("NTP"),
    ntp_timeout=0.5,
    keepalive=8,
)
client = device.client
number = 1000 * int(os.getenv("BOOT"))


def take(client, args):
    """Take a sample."""
    global number
    number += 1
    client["stored"] = number
    client["last"] = number
    samples = client.records["stored"].policy
    print("took %d %d" % samples._sample(samples.count - 1))


async def listen():
    """Note the longest time for which the event loop stood still."""
    longest = page.get("standstill")
    beats = page.get("beats")
    while True:
        before = time.ticks_ms()
        await asyncio.sleep_ms(100)
        late = time.ticks_diff(time.ticks_ms(), before) - 100
        if late > longest:
            longest = late
            page.put("standstill", late)
        beats += 1
        page.put("beats", beats)


async def orders():
    """Do what the test orders."""
    reader = asyncio.StreamReader(sys.stdin)
    while True:
        line = await reader.readline()
        if not line:
            return
        exec(line.decode(), globals())


async def settle():
    """Have everything acknowledged."""
    print("settled", await client.flush(20))


def lie_down(seconds, flush):
    """Go to sleep."""
    page.put("asked", machine.now())
    asyncio.create_task(device.sleep(seconds, flush))


def hang():
    """Block forever."""
    print("hangs")
    while True:
        pass


async def main():
    asyncio.create_task(listen())
    asyncio.create_task(orders())
    print("package", arduino_iot_cloud.__file__)
    print("started %s" % device.cause)
    await device.run(0.3)


client.register("stored", history=600, store="stored.history")
client.register("last", value=0)
client.register(Task("samples", on_run=take, interval=float(os.getenv("EVERY"))))
client.on("sync", lambda client: print("synced at %d" % (machine.now() // 1000)))
client.on("disconnect", lambda client: print("disconnected at %d" % (machine.now() // 1000)))
asyncio.run(main())
