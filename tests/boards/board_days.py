"""A board's day in the tests: its cloud, which may die, and a record of its samples."""

import json
import os
import re
import signal
import sqlite3

from board_worlds import DAY
from link_rig import files_on, give_radio_and_nvs
from local_clouds import LocalCloud
from localcloud.remote import RemoteCloud
from processes import Process
from serial_board import SerialBoard
from toolchain.paths import TOOLS

MACHINES = {"RPI_PICO_W": "Raspberry Pi Pico W with RP2040", "ESP32_GENERIC": "Generic ESP32 module with ESP32"}
STORES = {"RPI_PICO_W": ("files", "/keys/"), "ESP32_GENERIC": ("nvs", "/nvs.")}  # and where the stand-in keeps it
PACKAGES = ("/lib/arduino_iot_cloud/", "/lib/arduino_cloud_board/")
PASSWORD = "a password of no importance"  # the Wi-Fi's, in tests/boards/day/radio.py


class LastingCloud:
    """A local cloud that can be killed and started again with the same data."""

    def __init__(self, folder, environment):
        self._folder = folder
        self._environment = environment
        self.start()

    def __getattr__(self, name):
        return getattr(self._running, name)

    def kill(self):
        self._running.process.signal(signal.SIGKILL)
        self._running.process.wait(5)

    def start(self):
        self._running = LocalCloud(self._folder, env=self._environment)

    def series(self, thing_id, name):
        """Return everything stored of a variable: [(value, Unix time)], ordered by time."""
        with sqlite3.connect("file:%s?mode=ro" % (self._folder / "cloud.sqlite3"), uri=True) as store:
            found = store.execute(
                "select value, time_us from samples join variables on variables.id = variable_id"
                " where thing_id = ? and variable_name = ? order by time_us, samples.id",
                (thing_id, name),
            ).fetchall()
        return [(int(value), time_us / 1e6) for value, time_us in found]


class Day:
    """A board with its project in the cloud, and a record of its samples."""

    def __init__(self, world, cloud):
        self.world = world
        self.cloud = cloud
        self._request = RemoteCloud(cloud.about).request
        device = self._request("POST", "/devices", {"name": world.board})
        variables = [{"name": name, "type": "INT", "permission": "READ_WRITE"} for name in ("stored", "last")]
        body = {"name": world.board, "timezone": "UTC", "device_id": device["id"], "variables": variables}
        self.thing_id = self._request("POST", "/things", body)["id"]
        self.output = ""
        self._read = 0
        self._provision()

    def _provision(self):
        """Run tools/provision at the board's serial line, and copy what it left in the flash to this world's flash."""
        world, folder = self.world, self.world.folder.parent
        # The board sees the cloud through `way`, so it gets that address.
        (folder / "seen").mkdir()
        about = {**self.cloud.about, "mqtts_port": world.way.port}
        (folder / "seen" / "running.json").write_text(json.dumps(about))
        (folder / "program.py").write_text("")
        command = [TOOLS / "provision", "--data", folder / "seen", "--journal-dir", folder / "journal"]
        command += ["--device", world.board, "--server", "127.0.0.1", "--wifi", "workshop"]
        board = SerialBoard(folder / "serial", machine=MACHINES[world.board], unique_id="0123456789abcdef")
        try:
            give_radio_and_nvs(board)
            command += ["--port", board.port, "--main", folder / "program.py"]
            done = Process(command, {**os.environ, "ARDUINO_WIFI_PASSWORD": PASSWORD}).wait(60)
            assert done.returncode == 0 and "online" in done.stdout, done.stdout + done.stderr
            left = files_on(board, packages=True)
        finally:
            board.stop()
        (journal,) = (folder / "journal").glob("*.json")
        self._secrets = (json.loads(journal.read_bytes())["secret"], PASSWORD)
        self._look_for_secrets(done)
        store, place = STORES[world.board]
        assert "credentials  into %s\n" % store in done.stdout
        kept = [path for path in left if path.startswith(place)]
        assert len(kept) >= 5  # id, secret, networks, cloud, root
        package = [path for path in left if path.startswith(PACKAGES)]
        assert len(package) > 80
        for path in kept + package:
            target = world.folder / path[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(left[path])

    def _look_for_secrets(self, done):
        for secret in self._secrets:
            assert secret not in done.stdout + done.stderr

    def add(self, name, kind, permission):
        """Add a variable."""
        body = {"name": name, "type": kind, "permission": permission}
        self._request("POST", "/things/%s/variables" % self.thing_id, body)

    def write(self, name, value):
        """Set a variable in the cloud."""
        self._request("PUT", "/things/%s/variables/%s/value" % (self.thing_id, name), {"value": value})

    def until(self, name, good, timeout=15):
        """Wait until a variable's value in the cloud satisfies `good`."""
        path = "/things/%s/variables/%s" % (self.thing_id, name)
        self.world.wait(lambda: good(self._request("GET", path)["value"]), name, timeout)

    def power_on(self, **more):
        """Switch it on, or wake it."""
        self.world.power_on(DAY / "main.py", **more)
        self._read = 0

    def wait_for(self, pattern, timeout=20):
        """Wait for the next line that matches, after the previous match, and return the match."""
        match = self.world.process.wait_for(pattern, timeout, start=self._read)
        self._read = match.end()
        return match

    def synced(self):
        """Wait until values flow, and return when, in seconds of the board."""
        return self._moment("synced")

    def disconnected(self):
        """Wait until the client has given up the connection, and return when, in seconds of the board."""
        return self._moment("disconnected")

    def _moment(self, what):
        return int(self.wait_for(r"^%s at (\d+)\n" % what).group(1)) / 1000

    def hurry_for(self, pattern, limit=30):
        """Let the board's time hurry until a line matches. `wait_for` still finds that line."""
        process, sought = self.world.process, re.compile(pattern, re.M)
        self.world.hurry_until(lambda: sought.search(process.stdout, self._read), pattern, limit)

    def do(self, line):
        self.world.process.send(line + "\n")

    def take(self, count):
        """Have the board take this many samples besides its regular ones."""
        for _ in range(count):
            self.do("take(client, None)")
            self.wait_for(r"^took .*\n")

    def settle(self):
        """Wait until the cloud has everything and the board knows that."""
        self.do("asyncio.create_task(settle())")
        self.wait_for("^settled True")

    def lie_down(self, seconds, flush, code):
        """Send it to sleep, and wait for its end. Return how long it took to fall asleep, in seconds of the board."""
        self.do("lie_down(%d, %d)" % (seconds, flush))
        self.ended(code)
        return (self.world.get("down") - self.world.get("asked")) / 1e6

    def ended(self, code, timeout=20):
        """Wait for the end of this run, and add its output to the record."""
        assert self.world.process.ended_within(timeout), self.world.process.stdout
        done = self.world.process.wait()
        self.output += done.stdout + done.stderr
        (self.world.folder.parent / "output.txt").write_text(self.output)  # for whoever examines a failure
        assert done.returncode == code, done.stdout + done.stderr
        self._look_for_secrets(done)

    def samples(self):
        """Return what the board has taken in all its runs: [(value, Unix time)]."""
        found = re.findall(r"^took (\d+) (\d+)$", self.output, re.M)
        return [(int(value), int(when)) for value, when in found]
