"""tools/bench/crowd: many devices at one address: steady values, their return after a restart, and log-ins in a flood.

The embedded broker, TLS, each device with a secret of its own, everything on one machine. The latency is from a
device's PUBLISH to its PUBACK, when the value is on the disk.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import socket
import ssl
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

import cbor2
from localcloud.entrance.bounds import raise_descriptor_limit
from toolchain.paths import TOOLS

from .cloud import _make_devices as make_devices
from .process_costs import memory_kb
from .report import command, print_figures
from .setting import Process

FLOOD = 1100
PORTS = ("mqtt", "mqtts", "mtls", "ws", "wss", "http", "https")
_PUBACK_S, _BACK_S = 60, 300


def _text(text):
    content = text if isinstance(text, bytes) else text.encode()
    return len(content).to_bytes(2, "big") + content


def _packet(first, body):
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])
    return bytes([first]) + length + body


class _Device:
    """A device with TLS that keeps a value on its way at most."""

    def __init__(self, about, device_id, secret, thing_id):
        self._about, self._id, self._secret = about, device_id, secret
        self._topic = "/a/t/%s/e/o" % thing_id
        self._number = 0

    async def connect(self, port="mqtts_port"):
        """Try until the cloud lets it in."""
        context = ssl.create_default_context(cafile=self._about["ca_file"])
        flags_keepalive = b"\xc2\x00\x1e"
        words = _text("MQTT") + b"\4" + flags_keepalive + _text(self._id) + _text(self._id) + _text(self._secret)
        while True:
            try:
                self._reader, self._writer = await asyncio.open_connection(
                    "127.0.0.1", self._about[port], ssl=context, server_hostname="localhost"
                )
                self._writer.write(_packet(0x10, words))
                answer = await self._reader.readexactly(4)
                if answer[3] == 0:
                    return
                self._writer.close()
            except (OSError, asyncio.IncompleteReadError):
                pass
            await asyncio.sleep(0.5)

    async def publish(self):
        """Publish a value, and return after how many seconds it was stored."""
        self._number = self._number % 60000 + 1
        payload = cbor2.dumps([{0: "n0", 2: self._number}])
        began = time.perf_counter()
        self._writer.write(_packet(0x32, _text(self._topic) + self._number.to_bytes(2, "big") + payload))
        async with asyncio.timeout(_PUBACK_S):
            while True:
                head = await self._reader.readexactly(2)
                body = await self._reader.readexactly(head[1])
                if head[0] == 0x40 and int.from_bytes(body, "big") == self._number:
                    return time.perf_counter() - began

    async def publish_each_second(self, seconds, phase, latencies):
        """Publish a value a second, for so many seconds."""
        begin = time.perf_counter() + phase
        for turn in range(int(seconds)):
            await asyncio.sleep(begin + turn - time.perf_counter())
            latencies.append(await self.publish())

    def close(self):
        self._writer.transport.abort()


def _start(folder, ports=()):
    options = [part for name, number in ports for part in ("--%s-port" % name, number)]
    command = [TOOLS / "local-cloud", "serve", "--ephemeral", "--json", "--log-level", "warning", "--data", folder]
    process = Process([*command, *options])
    return process, json.loads(process.wait_for(r"\A(.*)\n", 30).group(1))


async def _steadily(process, devices, minutes):
    """Return latencies and memory while each device sends a value a second."""
    latencies = []
    before = memory_kb(process.pid)
    count = len(devices)
    work = [each.publish_each_second(minutes * 60, i / count, latencies) for i, each in enumerate(devices)]
    await asyncio.gather(*work)
    return {
        "values": len(latencies),
        "median_ms": median(latencies) * 1000,
        "p99_ms": quantiles(latencies, n=100)[98] * 1000,
        "slowest_ms": max(latencies) * 1000,
        "memory_before_mb": before / 1000,
        "memory_after_mb": memory_kb(process.pid) / 1000,
    }


async def _all_connect(devices):
    """Return after how many seconds the first, half of the devices and all are on line."""
    began, times = time.perf_counter(), []

    async def connect(device):
        await device.connect()
        times.append(time.perf_counter() - began)

    async with asyncio.timeout(_BACK_S):
        await asyncio.gather(*map(connect, devices))
    return times[0], times[len(times) // 2], times[-1]


async def _log_in_beside(about, port, device):
    """Return how long a device's log-in takes after a flood of silent connections on this port."""
    number = int(about[port].rsplit(":", 1)[1]) if port in ("http", "https") else about[port + "_port"]
    with contextlib.ExitStack() as stack:
        for _ in range(FLOOD):
            with socket.create_connection(("127.0.0.1", number)) as sock:
                stack.callback(os.close, fcntl.fcntl(sock.fileno(), fcntl.F_DUPFD, 4096))
        began = time.perf_counter()
        await device.connect()
        took = time.perf_counter() - began
        device.close()
    return took


def _measure(devices, minutes, rounds):
    raise_descriptor_limit()
    figures = {"devices": devices, "minutes": minutes}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        process, about = _start(Path(name) / "data")
        process.stop()
        made = make_devices("sqlite:///%s" % (Path(name) / "data" / "cloud.sqlite3"), devices + len(PORTS))
        process, about = _start(Path(name) / "data")
        ports = [("mqtts", about["mqtts_port"])]
        try:
            crowd = [_Device(about, *each) for each in made[:devices]]
            strangers = [_Device(about, *each) for each in made[devices:]]

            async def first_part():
                floods = [await _log_in_beside(about, *pair) for pair in zip(PORTS, strangers)]
                figures["first_login_ms"] = {port: took * 1000 for port, took in zip(PORTS, floods)}
                figures["memory_empty_mb"] = memory_kb(process.pid) / 1000
                await _all_connect(crowd)
                figures["steady"] = await _steadily(process, crowd, minutes)

            asyncio.run(first_part())
            figures["back"] = []
            for _ in range(rounds):
                process.stop()
                process, _ = _start(Path(name) / "data", ports)
                figures["back"].append(asyncio.run(_all_connect(crowd)))
        finally:
            process.stop()
    return figures


def _show(figures):
    steady = figures["steady"]
    rows = [[key.replace("_", " "), steady[key]] for key in steady]
    title = "%d devices at a value a second for %g minutes" % (figures["devices"], figures["minutes"])
    print_figures(title, [""], rows)
    back = [median(each) for each in zip(*figures["back"])]
    rows = [[name, seconds] for name, seconds in zip(("the first", "half of them", "all"), back)]
    print_figures("on line again after a restart, with TLS", ["s, median of %d" % len(figures["back"])], rows)
    rows = [[port, took] for port, took in figures["first_login_ms"].items()]
    print_figures("a first log-in (TLS, secret) beside %d silent connections on the port" % FLOOD, ["ms"], rows)


def main():
    """Run tools/bench/crowd."""
    options = (("--devices", 200, "devices"), ("--minutes", 10.0, "minutes"), ("--rounds", 5, "restarts"))
    command(__doc__, _measure, _show, options)


if __name__ == "__main__":
    main()
