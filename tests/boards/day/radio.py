"""The stand-in radio on the air of these tests: in the board's own time, with the access point that `page` tells of.

Time is fast as long as the radio has no address: nothing can come from the network that would need its own time.
"""

import sys
import time

import page
from network import Module, World

SSID, PASSWORD = "workshop", "a password of no importance"


class Air(World):
    """A world whose time is the board's."""

    def __init__(self):
        super().__init__()
        self._before = time.ticks_ms()
        self._point = self.point(SSID, PASSWORD)

    def catch_up(self):
        """Let happen what has been due."""
        self._point.on = page.get("air") != 0
        self._point.ip = "192.0.2.%d" % page.get("address")
        ticks = time.ticks_ms()
        super().spend(time.ticks_diff(ticks, self._before))
        self._before = ticks

    def spend(self, ms):
        """A call that blocks."""
        if ms:
            time.sleep_ms(ms)
        self.catch_up()


class Listened:
    """A radio that is up to date whenever something is asked of it."""

    def __init__(self, radio):
        self._radio = radio

    def __getattr__(self, name):
        radio = self._radio
        radio.world.catch_up()
        page.put("fast", radio.address is None)
        return getattr(radio, name)


def install(kind):
    """Put a radio of that kind in place of the module `network`."""
    module = Module(Air(), kind)
    station = Listened(module.radio)
    module.WLAN = lambda interface=0: station
    sys.modules["network"] = module
    page.put("fast", 1)
