"""tools/bench/idle: what an idle device costs: wake-ups, processor time, packets, and memory that stays.

Measured over loopback and verified TLS, through mosquitto, on the 32-bit MicroPython, for the official client too.
"""

import time
from concurrent.futures import ThreadPoolExecutor

from .process_costs import processor_seconds, wakeups
from .report import command, print_figures
from .setting import OFFICIAL, OURS, UMQTT, setting

MODES = ("async", "sync")
KEEPALIVE_S = 10
HURRIED_S = 1  # this keepalive makes the pings of minutes in seconds, and shows soon what each leaves in memory
SETTLE_S = 5  # after the first values, until nothing else is sent
WAIT = 30


class Idler:
    """One device."""

    def __init__(self, builds, cloud, name, mode, keepalive):
        self._cloud = cloud
        self._device = cloud.add()
        parts = name + " " + UMQTT if (mode, name) == ("sync", OURS) else name
        self.process = builds.start(parts, "idle", *self._device.arguments, keepalive, mode)
        self._asked = 0

    def wait(self):
        """Wait until its first values have arrived."""
        self._device.values.get(timeout=WAIT)

    def look(self):
        """Return (time, wake-ups, processor time in seconds, PINGREQs), each so far."""
        pings = self._cloud.broker.log.count("Received PINGREQ from " + self._device.id)
        return time.monotonic(), wakeups(self.process.pid), processor_seconds(self.process.pid), pings

    def heap(self):
        """Return the bytes of heap in use."""
        self._asked += 1
        self.process.send("\n")
        return int(self.process.wait_for(r"(?:^heap \d+\n(?:.*\n)*?){%d}^heap (\d+)\n" % (self._asked - 1), WAIT)[1])


def _idle(builds, cloud, name, mode, seconds):
    # Two at once: one that is left alone, and one that pings more often, whose heap is measured.
    alone, hurried = (Idler(builds, cloud, name, mode, keepalive) for keepalive in (KEEPALIVE_S, HURRIED_S))
    try:
        for one in (alone, hurried):
            one.wait()
        time.sleep(SETTLE_S)
        hurried.heap()  # the first answer loads what it needs
        heap, before, pings = hurried.heap(), alone.look(), hurried.look()[3]
        time.sleep(seconds)
        passed, woken, processor, pinged = (after - first for first, after in zip(before, alone.look()))
        return {
            "wakeups_per_s": woken / passed,
            "processor_percent": 100 * processor / passed,
            "pings_per_minute": 60 * pinged / passed,
            "stays": hurried.heap() - heap,
            "pings_meanwhile": hurried.look()[3] - pings,
        }
    finally:
        for one in (alone, hurried):
            one.process.kill()


def measure(seconds):
    """Return {mode: {client: {"wakeups_per_s": …, …}}}."""
    with setting(OURS, OFFICIAL, UMQTT) as (builds, cloud), ThreadPoolExecutor(4) as pool:
        jobs = {
            mode: {name: pool.submit(_idle, builds, cloud, name, mode, seconds) for name in (OURS, OFFICIAL)}
            for mode in MODES
        }
        return {mode: {name: job.result() for name, job in clients.items()} for mode, clients in jobs.items()}


def show(figures):
    """Print the figures as a table."""
    columns = ["%s, %s" % (mode, name) for mode in MODES for name in (OURS, OFFICIAL)]
    rows = [
        [text] + [figures[mode][name][key] for mode in MODES for name in (OURS, OFFICIAL)]
        for key, text in (
            ("wakeups_per_s", "wake-ups per second"),
            ("processor_percent", "processor time, %"),
            ("pings_per_minute", "PINGREQs per minute, keepalive of %d s" % KEEPALIVE_S),
            ("stays", "heap that stays, bytes"),
            ("pings_meanwhile", "  after this many PINGREQs, keepalive of %d s" % HURRIED_S),
        )
    ]
    print_figures("An idle device over TLS, 32-bit MicroPython", columns, rows)


if __name__ == "__main__":
    command(__doc__, measure, show, [("--seconds", 30.0, "seconds for which the devices idle")])
