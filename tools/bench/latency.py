"""tools/bench/latency: how long a value takes from the cloud to the device's callback, and back.

Measured over loopback and verified TLS, through mosquitto, on the 32-bit MicroPython. paho-mqtt plays the cloud's part.
"""

import random
import re
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median, quantiles

from .report import command, print_figures
from .setting import OFFICIAL, OURS, UMQTT, setting

# The programs in device/ with their last arguments. In sync mode a program calls update() and pauses, again and again:
# for 10 ms as in our documentation, for 100 ms as in the official client's examples.
PROGRAMS = {"async": ["latency"], "sync, pause 10 ms": ["stepped", 10], "sync, pause 100 ms": ["stepped", 100]}
# Devices at a time, values each way, shortest and longest pause between two in ms. The official client polls
# once a second, or takes one packet per update(), and a value must not wait for the one before it.
PACES = {
    ("async", OURS): (1, 200, 10, 30),
    ("async", OFFICIAL): (4, 12, 1600, 2400),
    ("sync, pause 10 ms", OURS): (2, 100, 40, 60),
    ("sync, pause 10 ms", OFFICIAL): (2, 20, 200, 300),
    ("sync, pause 100 ms", OURS): (4, 25, 200, 400),
    ("sync, pause 100 ms", OFFICIAL): (4, 8, 600, 900),
}
TOGETHER = (1, 1, 4)  # how many of these run at once: the fast ones alone, those that mostly wait together
WAIT = 20


def _exchange(builds, cloud, mode, name, count, low, high):
    # Run one device. Return the milliseconds of each value to it, and of each value from it.
    device = cloud.add()
    program, *more = PROGRAMS[mode]
    parts = name + " " + UMQTT if more and name == OURS else name
    process = builds.start(parts, program, *device.arguments, count, low, high, *more)
    try:
        device.values.get(timeout=WAIT)
        device.send("led", True)
        sent = {}
        for i in range(1, count + 1):
            time.sleep(random.uniform(low, high) / 1000)
            sent[i] = time.time_ns()
            device.send("level", i)
        process.wait_for("^got %d .*\n" % count, WAIT)
        process.wait_for("^set %d .*\n" % count, WAIT)
        time.sleep(high / 1000 + 0.1)
        lines = re.findall(r"^(got|set) (\d+) (\d+)$", process.stdout, re.M)
    finally:
        process.kill()
    arrived = {}
    while not device.values.empty():
        now, values = device.values.get()
        arrived[values.get("count")] = now
    inbound = [int(now) - sent[int(i)] for kind, i, now in lines if kind == "got"]
    outbound = [arrived[int(i)] - int(now) for kind, i, now in lines if kind == "set" and int(i) in arrived]
    return [ns / 1e6 for ns in inbound], [ns / 1e6 for ns in outbound]


def _all_of(builds, cloud, share, mode, name):
    devices, count, low, high = PACES[mode, name]
    pace = (max(round(count * share), 2), low, high)
    directions = {"to_device": [], "from_device": []}
    with ThreadPoolExecutor(devices) as pool:
        jobs = [pool.submit(_exchange, builds, cloud, mode, name, *pace) for _ in range(devices)]
    for job in jobs:
        for samples, found in zip(directions.values(), job.result()):
            samples += found
    return {
        direction: {"n": len(found), "median_ms": median(found), "p95_ms": quantiles(found, n=20)[-1]}
        for direction, found in directions.items()
    }


def measure(share=1):
    """Return {mode: {client: {direction: {"n": …, "median_ms": …, "p95_ms": …}}}}, from this share of the values."""
    figures = {mode: {} for mode in PROGRAMS}
    turns = iter(PACES)
    with setting(OURS, OFFICIAL, UMQTT) as (builds, cloud):
        for together in TOGETHER:
            turn = [next(turns) for _ in range(together)]
            with ThreadPoolExecutor(together) as pool:
                jobs = [pool.submit(_all_of, builds, cloud, share, *which) for which in turn]
            for (mode, name), job in zip(turn, jobs):
                figures[mode][name] = job.result()
    return figures


def show(figures):
    """Print the figures as a table."""
    rows = []
    for mode, clients in figures.items():
        for direction, text in (("to_device", "cloud to device"), ("from_device", "device to cloud")):
            for name, found in clients.items():
                cells = [found[direction][key] for key in ("median_ms", "p95_ms", "n")]
                rows.append(["%s, %s, %s" % (text, mode, name)] + cells)
    print_figures(
        "Latency over loopback and TLS, 32-bit MicroPython, ms",
        ("median", "95 %", "values"),
        rows,
        ["In sync mode a value waits for the end of the pause between two calls of update()."],
    )


if __name__ == "__main__":
    command(__doc__, measure, show, [("--share", 1.0, "share of the values to send; less than 1 for a quick look")])
