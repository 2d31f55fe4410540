# Connect like the board's own program would, and print each state, until Ctrl-C, a failure or the end of `seconds`.
import asyncio

from arduino_cloud_board.device import Device
from arduino_iot_cloud.port import ticks_diff, ticks_ms


async def watch(device, running):
    client = device.client
    began = ticks_ms()
    before = None
    while ticks_diff(ticks_ms(), began) < seconds * 1000 and not running.done():
        link = device.link
        now = (client.state, link.state if link and not link.connected else "", client.error or "")
        if now != before:
            before = now
            print("state %s | %s | %s" % now)
        await asyncio.sleep(0.1)
    print("state %s | | %s" % (client.state, client.error or ""))


async def main():
    device = Device()
    if uptime:
        device.client.register("uptime", on_read=lambda client: ticks_ms() // 1000, interval=0.5)
    running = asyncio.create_task(device.run(interval=0.5, backoff=1))
    try:
        await watch(device, running)
    finally:
        device.stop()
        try:
            await asyncio.wait_for(running, 3)
        except (Exception, asyncio.CancelledError):
            pass  # client.error has it


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
