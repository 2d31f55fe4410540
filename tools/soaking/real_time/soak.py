"""`tools/soak --real MINUTES`: idle clients on every interpreter and in every mode, over TLS with mosquitto.

They run side by side in real time. Each minute every client gets a value, and a line about each is printed: heap in
use, packets both ways from mosquitto's log, wake-ups, processor time, and how long the value took to its callback.
"""

import math
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.report import print_figures

from ..worlds import CLIENT_MODES, INTERPRETERS
from .cloud import Cloud
from .devices import Devices

from throwaway_certificates import Certificates  # isort: skip

WAKEUPS_PER_S = 2
SETTLE_S = 10  # after all are connected: a client waits 3 s for last values, then sends its own
HEAP_BYTES = 1024  # a collector that takes any number on the stack for a pointer may keep this much
COLUMNS = ("heap", "pings", "other packets", "wake-ups/s", "processor %", "latency ms")


class Look:
    """What one device has done since the last call of `take`, or since this was made."""

    def __init__(self, device):
        self.device = device
        self.heap = self.latency_ms = None
        self._heaps = []
        self._begin = self._now()

    def _now(self):
        return time.monotonic(), self.device.wakeups(), self.device.processor_seconds()

    def take(self, packets):
        """Measure. `packets` is a Counter of (whether the device sent them, type)."""
        now = self._now()
        self.seconds, wakeups, processor = (after - before for before, after in zip(self._begin, now))
        self._begin = now
        self.wakeups_per_s = wakeups / self.seconds
        self.processor_percent = 100 * processor / self.seconds
        self.packets = packets
        self.pings = packets[True, "PINGREQ"]
        self.others = packets.total() - self.pings - packets[False, "PINGRESP"]

    def ask(self):
        """Write a value and ask for the heap. Return complaints about missing answers."""
        try:
            self.latency_ms = self.device.latency()
            self.heap = self.device.heap()
        except (AssertionError, OSError) as error:
            return ["%s: %s" % (self.device.name, str(error).partition("\n")[0])]
        self._heaps.append(self.heap)
        return []

    def growth(self):
        """Return complaints if the heap has grown since the second value, when everything is loaded."""
        if self.heap is None or len(self._heaps) < 3 or self.device.interpreter == "cpython":
            return []
        del self._heaps[2:-1]
        more = self.heap - self._heaps[1]
        return ["%s: %d bytes of heap more" % (self.device.name, more)] if more > HEAP_BYTES else []

    def complaints(self, writes=0):
        """Return complaints about what was out of bounds while the cloud wrote `writes` values and nothing else
        happened.

        A client pings after three quarters of its keepalive without a packet, and never waits for a whole one. For each
        value written, the cloud gets a PUBACK. The echo that the program may send is another exchange.
        """
        found = []
        keepalive = self.device.keepalive
        least, most = int(self.seconds / keepalive) - 1 - writes, int(self.seconds / (keepalive * 0.75)) + 1
        if not least <= self.pings <= most:
            found.append("%d pings in %.0f s instead of %d to %d" % (self.pings, self.seconds, max(least, 0), most))
        if self.others > 4 * writes:
            kinds = {kind: n for kind, n in self.packets.items() if kind[1] not in ("PINGREQ", "PINGRESP")}
            found.append("%d other packets: %s" % (self.others, kinds))
        # In sync mode the program decides how often it calls update().
        if self.device.mode != "sync" and self.wakeups_per_s > WAKEUPS_PER_S:
            found.append("%.1f wake-ups a second" % self.wakeups_per_s)
        if self.device.process.returncode is not None:
            found.append("the program has ended: %s" % self.device.process.stdout[-500:])
        return ["%s: %s" % (self.device.name, text) for text in found]

    def row(self):
        """Return the cells of the table."""
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
    """Measure all devices now."""
    packets = cloud.packets.take()
    for look in looks:
        look.take(packets.get(look.device.id, Counter()))


def settle(devices, cloud, settle_s=SETTLE_S):
    """Wait until all devices are connected and their first exchanges are over, and return their Looks."""
    for device in devices:
        device.wait_ready()
    time.sleep(settle_s)
    cloud.packets.take()
    return [Look(device) for device in devices]


def soak(cloud, looks, minutes, seconds=60):
    """Print a table each minute (of `seconds`), for so many whole minutes. Return all complaints."""
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


def main(minutes, interpreters=INTERPRETERS, modes=CLIENT_MODES):
    """Soak for so many minutes (float). Return 0, or 1 if something was out of bounds."""
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
