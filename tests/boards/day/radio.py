"""A stand-in radio for these tests. It works in the board's own time, and `page` describes the access point.

Time is fast while the radio has no address, because nothing can then come from the network, which has its own time.
"""

import sys
import time

import page
from network import Module, World

SSID, PASSWORD = "workshop", "a password of no importance"


class Air(World):
    """A world that follows the board's time."""

    def __init__(self):
        super().__init__()
        self._before = time.ticks_ms()
        self._point = self.point(SSID, PASSWORD)

    def catch_up(self):
        """Let everything happen that is due."""
        self._point.on = page.get("air") != 0
        self._point.ip = "192.0.2.%d" % page.get("address")
        ticks = time.ticks_ms()
        super().spend(time.ticks_diff(ticks, self._before))
        self._before = ticks

    def spend(self, ms):
        """Let the time of a blocking call pass."""
        if ms:
            time.sleep_ms(ms)
        self.catch_up()


class Listened:
    """A radio that is brought up to date at each access."""

    def __init__(self, radio):
        self._radio = radio

    def __getattr__(self, name):
        radio = self._radio
        radio.world.catch_up()
        page.put("fast", radio.address is None)
        return getattr(radio, name)


def install(kind):
    """Replace the module `network` by one with a radio of this kind."""
    module = Module(Air(), kind)
    station = Listened(module.radio)
    module.WLAN = lambda interface=0: station
    sys.modules["network"] = module
    page.put("fast", 1)
