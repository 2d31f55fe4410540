"""The Wi-Fi manager in virtual time, on a stand-in for the radio; runs on CPython and MicroPython."""

import socket
import sys

from arduino_cloud_board import link as connection
from arduino_cloud_board.link.wifi import WiFi
from arduino_iot_cloud import port
from stands_in import Stands

STAND_INS = __file__.rpartition("/")[0] + "/../standins/radio"

# Imported by its path only: nothing else in these tests may find a `network`.
with Stands("network", None):
    del sys.modules["network"]
    sys.path.insert(0, STAND_INS)
    try:
        import network as standin
    finally:
        sys.path.remove(STAND_INS)

World = standin.World
Module = standin.Module
RADIOS = ("esp32", "cyw43", "nina", "esp-hosted")
HOME = {"ssid": "home", "password": "a password"}
# The ms for which the loop may wait for one call: what the stand-in's calls take. Switching the radio on takes
# longest: after the start it happens only after five rounds without success.
LONGEST = {"esp32": 10, "cyw43": 20, "nina": 45, "esp-hosted": 410}
SWITCH_ON = {"esp32": 160, "cyw43": 320, "nina": 900, "esp-hosted": 810}


def smooth(rig, radio):
    """Whether the loop never waited longer than one call takes."""
    limit = LONGEST[radio] if not rig.stats()["power_cycles"] else SWITCH_ON[radio]
    return rig.first_gap <= SWITCH_ON[radio] and rig.longest_gap <= limit


def _pause(ms):
    yield ms


if sys.implementation.name != "micropython":
    import types

    _pause = types.coroutine(_pause)


class _Clock:
    # `with _Clock(world):` shows the world's time to the manager's modules, also to those that it imports meanwhile.
    def __init__(self, world):
        self.world = world

    def _now(self):
        return self.world.now

    def __enter__(self):
        self.before = connection.sleep_ms, port.ticks_ms
        self._set(_pause, self._now)

    def __exit__(self, *error):
        self._set(*self.before)

    def _set(self, sleep_ms, ticks_ms):
        connection.sleep_ms = sleep_ms
        if "arduino_cloud_board.link.wifi_radio" in sys.modules:
            sys.modules["arduino_cloud_board.link.wifi_radio"].sleep_ms = sleep_ms
        port.ticks_ms = ticks_ms
        for name, module in sys.modules.items():
            if name.startswith("arduino_cloud_board.") and hasattr(module, "ticks_ms"):
                module.ticks_ms = ticks_ms


class Rig:
    """A world with the access point "home", and a manager in it.

    `first_gap`, `longest_gap`: the virtual ms for which the event loop had to wait while the radio was switched on, and
    the longest wait after that.
    """

    def __init__(self, radio, networks=HOME, world=None, module=None, trouble=None, **arguments):
        self.world = world or World()
        if not self.world.points:
            self.world.point("home", "a password")
        self.module = module or Module(self.world, radio, **(trouble or {}))
        self.events = []  # (ms, address or None)
        self.wifi = WiFi(networks, on_change=self._changed, **arguments)
        self.first_gap = None
        self.longest_gap = 0
        self._coroutine = None

    def _changed(self, wifi):
        self.events.append((self.world.now, wifi.ip))

    def _in_thread(self, function, arguments):
        # Stands for a thread: the scan takes its time while everything else goes on.
        radio = self.module.radio
        takes = radio.takes["scan"]

        def scan():
            radio.takes = dict(radio.takes, scan=0)
            function(*arguments)
            radio.takes = dict(radio.takes, scan=takes)

        self.world.at(self.world.now + takes, scan)

    def stats(self):
        """The manager's statistics, in the world's time."""
        with _Clock(self.world):
            return self.wifi.stats()

    def run(self, ms, until=None):
        """Run for this time, or until a function returns True; returns whether it did."""
        if self._coroutine is None:
            self._coroutine = self.wifi.run()
        end = self.world.now + ms
        with Stands("network", self.module), _Clock(self.world):
            while self.world.now < end:
                begin = self.world.now
                wait = self._look()
                self._gap(self.world.now - begin)
                if until and until():
                    return True
                self.world.spend(wait)
        return False

    # The manager's next turn; a thread that it starts is one of the world's. Returns the ms that it then waits.
    def _look(self):
        radio = sys.modules.get("arduino_cloud_board.link.wifi_radio")  # imported again for each connection
        if radio is None:
            return self._coroutine.send(None)
        before, radio._in_thread = radio._in_thread, self._in_thread
        try:
            return self._coroutine.send(None)
        finally:
            radio._in_thread = before

    def again(self):
        """Do to the manager's task what `stop` and `start` do."""
        self._coroutine.close()
        self._coroutine = None

    def connect(self, ms=600000):
        """Run until it is connected; returns whether it is within that time."""
        return self.run(ms, lambda: self.wifi.connected)

    def _gap(self, ms):
        if self.first_gap is None:
            self.first_gap = ms
        else:
            self.longest_gap = max(ms, self.longest_gap)


def port_of(s):
    """Bind a socket to a free port of the loopback; returns the port."""
    # MicroPython's sockets cannot report their port: try one port after the other instead.
    for number in range(20000 + id(s) % 20000, 60000):
        try:
            s.bind(socket.getaddrinfo("127.0.0.1", number)[0][-1])
            return number
        except OSError:
            continue
