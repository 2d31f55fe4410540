"""Serves the set-up page on 127.0.0.1: setup_program.py PORT DNS_PORT [FILE].

Prints what is saved, and the longest time for which the event loop was blocked.
"""

import asyncio
import json
import os
import sys
import time

from arduino_cloud_board import setup_page
from arduino_cloud_board.setup_page import SetupPage, form as setup_form

ticks = getattr(time, "ticks_ms", lambda: int(time.monotonic() * 1000))
longest = 0


async def slowly(entered):
    """Save so slowly that other requests come in between; "waiting" waits until a file exists."""
    await asyncio.sleep(0.2)
    if entered["ssid"] == "waiting":
        print("saving")
        while True:
            try:
                os.stat(sys.argv[3])
                break
            except OSError:
                await asyncio.sleep(0.02)
    print("saved", json.dumps(entered))


def save(entered):
    """Save as a board's settings would."""
    if entered["ssid"] == "waiting" or entered["ssid"].startswith("phone"):
        return slowly(entered)
    if entered["ssid"] == "refuse me":
        raise ValueError("No more room for networks.")
    if entered["ssid"] == "break":
        raise OSError(28)
    if entered["ssid"] == "mistake":
        raise KeyError(entered["password"])
    print("saved", json.dumps(entered))
    return None


def page_or_none(title, seen, token, device, fields=None, error=""):
    """Return the page, unless there is too little memory."""
    if fields and fields.get("ssid") == "large":
        raise MemoryError
    return setup_form.page(title, seen, token, device, fields, error)


async def look():
    """Measure the longest time for which the loop is blocked."""
    global longest
    before = ticks()
    while True:
        await asyncio.sleep(0.01)
        now = ticks()
        longest = max(longest, now - before)
        before = now


async def main(port, dns_port):
    """Serve the page, and print what happens."""
    looking = asyncio.create_task(look())
    setup_page.page = page_or_none
    page = SetupPage(save, ["home", "caf\u00e9 <&\"'>"], title="Greenhouse & co")
    serving = asyncio.create_task(page.serve("127.0.0.1", port, dns_port))
    await asyncio.sleep(0.05)
    print("ready")
    print("returned", json.dumps(await serving))
    looking.cancel()
    print("longest", longest)


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
