"""Prints how much of the heap a connected Wi-Fi manager takes. `network` is a small stand-in."""

import asyncio
import gc
import sys

import arduino_iot_cloud.stream  # noqa: F401 - the client has it anyway


class WLAN:
    """A station that connects at once."""

    PM_NONE = 16

    def __init__(self, interface):
        self.on = self.up = False

    def active(self, on=None):
        if on is None:
            return self.on
        self.on = on

    def isconnected(self):
        return self.up

    def status(self, what=None):
        return -60 if what else 3 if self.up else 0

    def config(self, *names, **values):
        pass

    def connect(self, ssid, key=None):
        self.up = True

    def ifconfig(self):
        return ("192.0.2.7", "255.255.255.0", "192.0.2.1", "192.0.2.1")


class Network:
    """The module `network`."""

    STA_IF = 0
    WLAN = WLAN
    hostname = country = staticmethod(lambda name: None)


def used():
    gc.collect()
    return gc.mem_alloc()


async def main():
    """Connect, and measure."""
    await asyncio.sleep_ms(1)
    before = used()
    from arduino_cloud_board.link.wifi import WiFi

    wifi = WiFi([{"ssid": "home", "password": "a password"}], hostname="shed", country="DE").start()
    print("connected", await wifi.wait(5))
    await asyncio.sleep_ms(1200)
    after = used()
    print("heap", after - before)
    print("modules", sorted([name for name in sys.modules if name.startswith("arduino_cloud_board.")]))
    await asyncio.sleep_ms(2100)
    print("garbage", gc.mem_alloc() - after)


sys.modules["network"] = Network
asyncio.run(main())
