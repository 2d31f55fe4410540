"""Serves the set-up page on 127.0.0.1 again and again, after each Ctrl-C: setup_again_program.py PORT HOW WHERE.

HOW: what is done after Ctrl-C: "run", "new_event_loop", or "sweep", after which nothing is served.
WHERE: "page", or "save" to be interrupted while a coroutine saves.
"""

import asyncio
import socket
import sys

import network as standin
from arduino_cloud_board import setup_page

if sys.implementation.name == "cpython":  # on MicroPython the log is printed
    import logging

    logging.basicConfig(stream=sys.stdout, format="%(message)s")
module = standin.Module(standin.World(), "cyw43")
module.access_point.address = "127.0.0.1"
sys.modules["network"] = module
port, how, where = int(sys.argv[1]), sys.argv[2], sys.argv[3]
saving = 0


async def save(entered):
    """Save only when nobody interrupts."""
    global saving
    print("saving", entered["ssid"])
    saving += 1
    try:
        while where == "save" and entered["ssid"] != "last":
            await asyncio.sleep(0.01)
    finally:
        saving -= 1
    print("saved", entered["ssid"], saving)


async def main(number):
    """Serve the page."""
    print("start", number)
    try:
        print("returned", number, await setup_page.run(save, ssid="setup%d" % number, port=port, dns_port=port))
    finally:
        print("left", number)


def idle(kind):
    """Return whether nothing is bound to the port."""
    s = socket.socket(socket.AF_INET, kind)
    try:
        s.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
        return True
    except OSError as error:
        return error.args[0]
    finally:
        s.close()


def begin(number):
    """Do what a user does after Ctrl-C."""
    if how == "new_event_loop":
        asyncio.new_event_loop()
    asyncio.run(main(number))


number = 0
while True:
    number += 1
    try:
        begin(number)
        break
    except KeyboardInterrupt:
        print("interrupted", number)
        if how == "sweep":
            setup_page.sweep()
            print("on", module.access_point.on, idle(socket.SOCK_DGRAM), setup_page._held)
            break
print("ended", module.access_point.on, saving)
