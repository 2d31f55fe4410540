"""Runs a Device again and again, after each Ctrl-C: ctrl_c_program.py HOW AGAIN.

HOW: "start", "run", or "main" for a program of its own, whose tasks MicroPython leaves in the event loop.
AGAIN: what is done after Ctrl-C: "same" for the same Device, "other" for another one with the same id, or "loop" for
another one in a new event loop. The variable ARGUMENTS of the environment has those of ArduinoCloudClient, in JSON.
"""

import asyncio
import json
import os
import sys

from arduino_cloud_board import Device

if sys.implementation.name == "cpython":  # on MicroPython the log is printed
    import logging

    logging.basicConfig(stream=sys.stdout, format="%(message)s")
how, again, arguments = sys.argv[1], sys.argv[2], json.loads(os.getenv("ARGUMENTS"))


class Board:
    """The facts of a board with Wi-Fi."""

    NAME, PORT, NETWORK, WATCHDOG_MS = "TEST", "esp32", "wifi", None


class Settings:
    """A network, and a device."""

    def networks(self):
        return [{"ssid": "net", "password": "long enough"}]

    def client_arguments(self):
        return arguments


def make():
    """Make a Device that says when its values flow."""
    made = Device(board=Board(), settings=Settings())
    made.client.register("Test_switch", value=False)
    made.client.on("sync", lambda client: print("synced", number))
    return made


async def main():
    """Run the device beside another task."""
    running = asyncio.create_task(device.run(0.1))
    while not running.done():
        await asyncio.sleep(0.1)


device = make()
for number in range(1, 6):
    try:
        if number == 5:  # the last one ends by itself
            device.client.on("sync", lambda client: (print("synced", number), device.stop()) and None)
        if how == "start":
            device.start(0.1)
        else:
            asyncio.run(device.run(0.1) if how == "run" else main())
        print("ended", device.running, device.link.connected)
    except KeyboardInterrupt:
        print("interrupted", number)
        if again == "loop" and sys.implementation.name == "micropython":
            asyncio.new_event_loop()
        if again != "same":
            device = make()
