"""`tools/soak --real MINUTES`: idle clients on every interpreter and in every mode, over TLS against mosquitto.

They run side by side in real time. Each minute a value goes to each of them, and a line about each is printed: heap
in use, packets both ways as mosquitto has logged them, wake-ups and processor's time, and how long the value took to
its callback.
"""

import math
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.report import print_figures

from ..worlds import INTERPRETERS, MODES
from .cloud import Cloud
from .devices import Devices

from throwaway_certificates import Certificates  # isort: skip

WAKEUPS_PER_S = 2
SETTLE_S = 10  # after all are connected: a client waits 3 s for last values, and says then what it has
HEAP_BYTES = 1024  # a collector that takes any number on the stack for a pointer may keep so much
COLUMNS = ("heap", "pings", "other packets", "wake-ups/s", "processor %", "latency ms")


class Look:
    """What one device has done since the last look at it, or since this was made."""

    def __init__(self, device):
        self.device = device
        self.heap = self.latency_ms = None
        self._heaps = []
        self._begin = self._now()

    def _now(self):
        return time.monotonic(), self.device.wakeups(), self.device.processor_seconds()

    def take(self, packets):
        """Look: `packets` is a Counter of (whether it came from the device, type)."""
        now = self._now()
        self.seconds, wakeups, processor = (after - before for before, after in zip(self._begin, now))
        self._begin = now
        self.wakeups_per_s = wakeups / self.seconds
        self.processor_percent = 100 * processor / self.seconds
        self.packets = packets
        self.pings = packets[True, "PINGREQ"]
        self.others = packets.total() - self.pings - packets[False, "PINGRESP"]

    def ask(self):
        """Write a value, and ask for the heap. Returns what did not come, texts."""
        try:
            self.latency_ms = self.device.latency()
            self.heap = self.device.heap()
        except (AssertionError, OSError) as error:
            return ["%s: %s" % (self.device.name, str(error).partition("\n")[0])]
        self._heaps.append(self.heap)
        return []

    def growth(self):
        """What is in memory and was not after the second value, by when everything is loaded: texts."""
        if self.heap is None or len(self._heaps) < 3 or self.device.interpreter == "cpython":
            return []
        del self._heaps[2:-1]
        more = self.heap - self._heaps[1]
        return ["%s: %d bytes of heap more" % (self.device.name, more)] if more > HEAP_BYTES else []

    def complaints(self, writes=0):
        """What was out of bounds while the cloud wrote so many values and nothing else happened: texts.

        A client is silent for three quarters of its keepalive, then pings; a whole one is never without a packet. For a
        value that is written the cloud gets a PUBACK; its echo, which the program may send, is another exchange.
        """
        found = []
        keepalive = self.device.keepalive
        least, most = int(self.seconds / keepalive) - 1 - writes, int(self.seconds / (keepalive * 0.75)) + 1
        if not least <= self.pings <= most:
            found.append("%d pings in %.0f s in place of %d to %d" % (self.pings, self.seconds, max(least, 0), most))
        if self.others > 4 * writes:
            kinds = {kind: n for kind, n in self.packets.items() if kind[1] not in ("PINGREQ", "PINGRESP")}
            found.append("%d other packets: %s" % (self.others, kinds))
        # In sync mode it is the program that decides how often it calls update().
        if self.device.mode != "sync" and self.wakeups_per_s > WAKEUPS_PER_S:
            found.append("%.1f wake-ups a second" % self.wakeups_per_s)
        if self.device.process.returncode is not None:
            found.append("has ended: %s" % self.device.process.stdout[-500:])
        return ["%s: %s" % (self.device.name, text) for text in found]

    def row(self):
        """The cells of the table."""
        return [
            self.device.name,
            self.heap,
            self.pings,
            self.others,
            round(self.wakeups_per_s, 2),
            round(self.processor_percent, 2),
            self.latency_ms,
        ]


def look_at(looks, cloud):
    """Take all Looks at this moment."""
    packets = cloud.packets.take()
    for look in looks:
        look.take(packets.get(look.device.id, Counter()))


def settle(devices, cloud, settle_s=SETTLE_S):
    """Wait until all are connected and have said what there is to say at the start; their Looks."""
    for device in devices:
        device.wait_ready()
    time.sleep(settle_s)
    cloud.packets.take()
    return [Look(device) for device in devices]


def soak(cloud, looks, minutes, seconds=60):
    """Print a table each minute (of so many seconds), for so many whole ones. Returns all complaints."""
    complaints = []
    end = time.monotonic()
    for minute in range(1, math.ceil(minutes) + 1):
        end += seconds
        found = [text for look in looks for text in look.ask()]
        time.sleep(max(end - time.monotonic(), 0))
        look_at(looks, cloud)
        found += [text for look in looks for text in look.complaints(writes=1) + look.growth()]
        print_figures("Minute %d" % minute, COLUMNS, [look.row() for look in looks], found)
        complaints += found
    return complaints


def main(minutes, interpreters=INTERPRETERS, modes=MODES):
    """Soak for so many minutes (float). Returns 0, or 1 where something was out of bounds."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        certificates = Certificates(folder)
        cloud = Cloud(folder / "broker", certificates)
        try:
            with Devices(cloud, certificates, folder, interpreters, modes) as devices:
                complaints = soak(cloud, settle(devices, cloud), minutes)
        finally:
            cloud.close()
    print("%g minutes, %d complaints" % (minutes, len(complaints)))
    return int(bool(complaints))
