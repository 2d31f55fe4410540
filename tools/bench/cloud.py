"""tools/bench/cloud: connect devices and store values, with the embedded broker and with mosquitto and PostgreSQL.

A value counts once it is committed, which means on the disk, with SQLite (synchronous=FULL) and PostgreSQL (fsync).
"""

import contextlib
import json
import sys
import tempfile
import time
import uuid
from pathlib import Path
from statistics import median

from toolchain.paths import VENV_PYTHON

from .process_costs import children, memory_kb, processor_seconds
from .report import command, print_figures
from .setting import Process  # also finds what the tests share

from databases import Postgres  # noqa: E402  isort: skip
from fleets import Fleet  # noqa: E402  isort: skip
from local_clouds import LocalCloud  # noqa: E402  isort: skip
from localcloud.identity.hashed_secrets import hash_secret  # noqa: E402
from localcloud.remote import RemoteCloud  # noqa: E402
from localcloud.store import models  # noqa: E402
from localcloud.store.database import address  # noqa: E402
from localcloud.workers.broker_config import first_client  # noqa: E402
from localcloud.workers.coordination import partition_of  # noqa: E402
from sqlalchemy import create_engine, insert  # noqa: E402

EMBEDDED, SHARED = "embedded, SQLite", "mosquitto, PostgreSQL, %s"
DEVICES = 100
SECRET = "Qm7Zt2Xb9Lw4Kd8Rf1Hs6Vy3Gn5Jc0PaUeTiOoMk"  # counts as generated, so its hash is a fast one
VALUES = 5
WAIT = 300


def _make_devices(url, count):
    """Write devices with things and variables directly to the store. Return [[device, secret, thing], …]."""
    secret_hash = hash_secret(SECRET)
    made = [(str(uuid.uuid4()), str(uuid.uuid4())) for _ in range(count)]
    engine = create_engine(address(url))
    with engine.begin() as connection:
        connection.execute(
            insert(models.Device),
            [{"id": device, "name": "device", "secret_hash": str(secret_hash)} for device, _ in made],
        )
        connection.execute(
            insert(models.Thing), [{"id": thing, "name": "thing", "device_id": device} for device, thing in made]
        )
        numbers = [(thing, "n%d" % i) for _, thing in made for i in range(VALUES)]
        connection.execute(
            insert(models.Variable),
            [
                {
                    "id": str(uuid.uuid4()),
                    "thing_id": thing,
                    "name": name,
                    "variable_name": name,
                    "type": "INT",
                    "permission": "READ_WRITE",
                }
                for thing, name in numbers
            ],
        )
        connection.execute(
            insert(models.BrokerDevice),
            [
                {"device_id": device, "thing_id": thing, "partition": partition_of(device), "wanted": 1, "told": 1}
                for device, thing in made
            ],
        )
    engine.dispose()
    return [[device, SECRET, thing] for device, thing in made]


class _Load:
    """The devices, in a separate process."""

    def __init__(self, port):
        self._process = Process([VENV_PYTHON, "-m", "bench.load", "127.0.0.1", port], cwd=Path(__file__).parents[1])
        self._read = 0

    def order(self, **order):
        self._process.send(json.dumps(order) + "\n")
        match = self._process.wait_for(r"^(\{.*\})\n", WAIT, start=self._read)
        self._read = match.end()
        return json.loads(match.group(1))

    def stop(self):
        self._process.kill()


class CloudUnderLoad:
    """One way to run the cloud, with its processes, devices and load."""

    def __init__(self, workers, folder, postgres, devices):
        self._stack = contextlib.ExitStack()
        self.processes = {}
        self._postgres = postgres
        try:
            if workers == 0:
                self._start_embedded(folder, devices)
            else:
                self._start_shared(workers, folder, postgres, devices)
            self.load = _Load(self.port)
            self._stack.callback(self.load.stop)
        except BaseException:
            self.stop()
            raise

    def _start_embedded(self, folder, devices):
        cloud = LocalCloud(folder / "data", "--log-level", "error")
        cloud.stop()
        made = _make_devices("sqlite:///%s" % (folder / "data" / "cloud.sqlite3"), DEVICES)
        cloud = LocalCloud(folder / "data", "--log-level", "error")
        self._stack.callback(cloud.stop)
        self.clouds, self.port = [cloud], cloud.mqtt_port
        # A device may have several connections here, which saves verifying a secret for each.
        self.devices = [made[i % DEVICES] + ["%s-%d" % (made[i % DEVICES][0], i)] for i in range(devices)]

    def _start_shared(self, workers, folder, postgres, devices):
        fleet = Fleet(folder, postgres)
        self._stack.callback(fleet.stop)
        fleet.start_worker("--log-level", "error").stop()
        made = _make_devices(fleet.database, devices)
        fleet.stop_broker()
        path = fleet.data / "mosquitto" / "dynamic-security.json"
        security = json.loads(path.read_text())
        for device, secret, thing in made:
            client, role = first_client(device, secret, thing)
            security["clients"].append(client)
            security["roles"].append(role)
        path.write_text(json.dumps(security))
        # Without their old sessions, workers subscribe to what the store has.
        (fleet.data / "mosquitto" / "mosquitto.db").unlink()
        fleet.start_broker()
        self.clouds = [fleet.start_worker("--log-level", "error") for _ in range(workers)]
        time.sleep(1.5)  # both have their share
        self.port, self.devices = fleet.port, [each + [each[0]] for each in made]
        self.processes["mosquitto"] = fleet.broker.pid

    def stored(self):
        """Return the number of values stored so far."""
        total = 0
        for cloud in self.clouds:
            total += RemoteCloud(cloud.about, WAIT).request("GET", "/status")["counts"].get("stored", 0)
        return total

    def cpu(self):
        """Return the CPU time used so far by workers, broker and database, in seconds."""
        workers = sum(processor_seconds(cloud.process.pid) for cloud in self.clouds)
        broker = sum(map(processor_seconds, self.processes.values()))
        return {"worker": workers, "broker": broker, "database": self._postgres_cpu()}

    def _postgres_cpu(self):
        if not self.processes:
            return 0.0
        return sum(map(processor_seconds, children(self._postgres.process.pid)))

    def memory(self):
        """Return the resident memory of all processes that serve devices, in MB."""
        pids = [cloud.process.pid for cloud in self.clouds] + list(self.processes.values())
        return sum(map(memory_kb, pids)) / 1024

    def stop(self):
        self._stack.close()


def _throughput(cloud, devices, messages, values, rounds):
    """Return the values stored per second, the median of the rounds."""
    rates = []
    for _ in range(rounds):
        before = cloud.stored()
        begin = time.monotonic()
        cloud.load.order(publish=messages, devices=devices, values=values)
        wanted = before + messages * values * devices
        while cloud.stored() < wanted:
            time.sleep(0.02)
            if time.monotonic() - begin > WAIT:
                raise RuntimeError("%d of %d values stored" % (cloud.stored() - before, wanted - before))
        rates.append((wanted - before) / (time.monotonic() - begin))
    return median(rates)


def publishing(devices):
    """Return the number of devices that publish: those of the first step, up to DEVICES."""
    return min(DEVICES, devices)


def _measure(workers, postgres, steps, rounds):
    figures = {"connected": []}
    devices = publishing(steps[0])
    with tempfile.TemporaryDirectory() as folder:
        cloud = CloudUnderLoad(workers, Path(folder), postgres, steps[-1])
        try:
            there = 0
            empty = cloud.memory()
            for step in steps:
                took = cloud.load.order(connect=cloud.devices[there:step])
                alone = cloud.load.order(one=20)
                if took["lost"]:
                    raise RuntimeError("%d connections lost" % took["lost"])
                figures["connected"].append(
                    {
                        "devices": step,
                        "connects_per_s": (step - there) / took["seconds"],
                        "publish_ms": alone["median_s"] * 1000,
                        "memory_mb": cloud.memory(),
                        "kb_per_device": (cloud.memory() - empty) * 1024 / step,
                    }
                )
                there = step
                if step == steps[0]:
                    _throughput(cloud, devices, 5, 1, 1)  # warm
                    before = cloud.cpu()
                    figures["values_per_s"] = _throughput(cloud, devices, 30, 1, rounds)
                    after = cloud.cpu()
                    figures["cpu_us_per_value"] = {
                        name: (after[name] - before[name]) * 1e6 / (30 * devices * rounds) for name in after
                    }
                    figures["values_per_s_5"] = _throughput(cloud, devices, 12, VALUES, rounds)
        finally:
            cloud.stop()
    return figures


def measure(steps, rounds, ways):
    """Return {way: {"values_per_s": …, "values_per_s_5": …, "connected": [{"devices": …, …}, …]}}.

    Steps and ways are numbers, separated by commas.
    """
    steps, ways = ([int(number) for number in text.split(",")] for text in (steps, ways))
    figures = {}
    postgres = Postgres()
    try:
        for workers in ways:
            name = SHARED % ("%d worker" % workers + "s" * (workers > 1)) if workers else EMBEDDED
            print("measuring: " + name, file=sys.stderr)
            figures[name] = _measure(workers, postgres, steps, rounds)
    finally:
        postgres.stop()
    return figures


def show(figures):
    """Print the figures as tables."""
    first = next(iter(figures.values()))["connected"][0]["devices"]
    print_figures(
        "Values stored per second, from %d devices" % publishing(first),
        ["1 value a message", "%d values" % VALUES],
        [(name, found["values_per_s"], found["values_per_s_5"]) for name, found in figures.items()],
    )
    print_figures(
        "CPU time per value in microseconds (1 value a message)",
        ["worker", "broker", "database"],
        [(name, *found["cpu_us_per_value"].values()) for name, found in figures.items()],
    )
    print_figures(
        "Devices connected",
        ["devices", "connects/s", "publish, ms", "memory, MB", "KB a device"],
        [
            (name, *(step[each] for each in ("devices", "connects_per_s", "publish_ms", "memory_mb", "kb_per_device")))
            for name, found in figures.items()
            for step in found["connected"]
        ],
        ["publish: until the PUBACK, which means stored if embedded, otherwise taken by the broker"],
    )


if __name__ == "__main__":
    options = [
        ("--devices", "100,1000,4000", "numbers of connected devices, in steps"),
        ("--rounds", 3, "rounds for each throughput"),
        ("--workers", "0,1,2", "numbers of workers to measure; 0 is embedded"),
    ]
    command(__doc__, measure, show, options)
