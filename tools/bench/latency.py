"""tools/bench/latency: how long a value takes from the cloud to the device's callback, and back.

Over loopback and verified TLS, through mosquitto, on the 32-bit MicroPython; the cloud's part is played by paho-mqtt.
"""

import argparse
import random
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median, quantiles

from .report import print_figures, print_json
from .setting import OFFICIAL, OURS, setting

# Devices at a time, values each way, shortest and longest pause between two in ms. The official client looks
# once a second: a value must not wait for the one before it.
PACES = {OURS: (1, 200, 10, 30), OFFICIAL: (4, 12, 1600, 2400)}
WAIT = 20


def _exchange(builds, cloud, name, count, low, high):
    # One device: milliseconds of each value to it, and of each from it.
    device = cloud.add()
    process = builds.start(name, "latency", *device.arguments, count, low, high)
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


def measure():
    """{client: {direction: {"n": ..., "median_ms": ..., "p95_ms": ...}}}"""
    figures = {}
    with setting(OURS, OFFICIAL) as (builds, cloud):
        for name, (devices, *pace) in PACES.items():
            with ThreadPoolExecutor(devices) as pool:
                results = [pool.submit(_exchange, builds, cloud, name, *pace) for _ in range(devices)]
            directions = {"to_device": [], "from_device": []}
            for result in results:
                for samples, found in zip(directions.values(), result.result()):
                    samples += found
            figures[name] = {
                direction: {"n": len(found), "median_ms": median(found), "p95_ms": quantiles(found, n=20)[-1]}
                for direction, found in directions.items()
            }
    return figures


def main():
    """The command."""
    parser = argparse.ArgumentParser(prog="tools/bench/latency", description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    try:
        figures = measure()
    except (RuntimeError, AssertionError) as error:
        sys.exit("latency: %s" % error)
    if as_json:
        return print_json(figures)
    rows = [
        [text + ", " + name] + [figures[name][direction][key] for key in ("median_ms", "p95_ms", "n")]
        for direction, text in (("to_device", "cloud to device"), ("from_device", "device to cloud"))
        for name in (OURS, OFFICIAL)
    ]
    print_figures("Latency over loopback and TLS, 32-bit MicroPython, ms", ("median", "95 %", "values"), rows)


if __name__ == "__main__":
    main()
