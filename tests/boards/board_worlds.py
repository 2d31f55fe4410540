"""The world around a board under test: its time, its Wi-Fi, the way to the cloud, and the power supply."""

import importlib.util
import mmap
import signal
import socket
import struct
import subprocess
import threading
import time

from interpreters import MicroPython
from servers import Server
from time_server import TimeServer, answer
from toolchain.paths import ROOT

DAY = ROOT / "tests" / "boards" / "day"
STANDINS = ROOT / "tests" / "support" / "standins"
YEAR_2000, YEAR_2021 = 946684800, 1609459200
ASLEEP, RESET = 42, 43  # exit codes of tests/boards/day/machine.py
_LIBRARIES = {32: "lib/i386-linux-gnu", 64: "lib/x86_64-linux-gnu"}  # how the loader expands $LIB

# Not imported through sys.path: the other stand-ins in that folder would replace real modules.
_spec = importlib.util.spec_from_file_location("page", DAY / "page.py")
_page = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_page)


def build_clock(folder):
    """Compile clock.c for both interpreters. Return a value for LD_PRELOAD with which each finds its own build."""
    for bits, place in _LIBRARIES.items():
        target = folder / place / "clock.so"
        target.parent.mkdir(parents=True)
        command = ["gcc", "-m%d" % bits, "-O1", "-fPIC", "-shared", "-nostdlib", "-ffreestanding"]
        command += ["-fno-stack-protector", "-Wall", "-Werror", "-o", str(target), str(DAY / "clock.c")]
        subprocess.run(command, check=True, timeout=30)
    return str(folder) + "/$LIB/clock.so"


def new_page(path):
    """Make a page for a world, and return its path."""
    path.write_bytes(bytes(_page.SIZE))
    return path


class Way(Server):
    """The way from the board to the cloud. If the Wi-Fi fails, its connections are dead from then on, without a FIN."""

    def __init__(self, host, port):
        self.open = True
        self._cut = 0
        self.target = (host, port)
        super().__init__()

    def cut(self):
        """Let nothing more through on the existing connections."""
        self._cut += 1

    def serve(self, connection):
        """Pass data on in both directions until the cut."""
        began = self._cut
        if not self.open:
            return
        try:
            upstream = socket.create_connection(self.target)
        except OSError:
            self._reset(connection)
            return
        self._sockets.append(upstream)
        threading.Thread(target=self._pump, args=(upstream, connection, began), daemon=True).start()
        self._pump(connection, upstream, began)

    def _pump(self, source, target, began):
        try:
            while True:
                data = source.recv(4096)
                if self._cut != began or not self.open:
                    return  # the sockets stay open but silent
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                target.sendall(data)
        except OSError:
            if self._cut == began:
                self._reset(target)

    @staticmethod
    def _reset(connection):
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.shutdown(socket.SHUT_RD)
            connection.close()
        except OSError:
            pass


class BoardWorld:
    """One board from power-on to power-off, and what is around it.

    For the numbers that `get` and `put` take, see tests/boards/day/page.py. End it with `close`.
    """

    def __init__(self, board, bits, folder, page, preload, cloud, environment):
        self.board = board
        self.forgets_time = board == "RPI_PICO_W"  # ports/rp2/main.c starts the RTC afresh after each reset
        self.unset_rtc = YEAR_2021 if self.forgets_time else YEAR_2000
        self.folder = folder
        with open(page, "r+b") as opened:
            # Storing a double is one step. With struct.pack_into, the board could read a zero in between.
            self._page = memoryview(mmap.mmap(opened.fileno(), _page.SIZE)).cast("d")
        self._interpreter = MicroPython(bits)
        self.way = Way(cloud.host, cloud.mqtts_port)
        self.time_server_answers = True
        self.time_server = TimeServer(answers=self._tell_time)
        self.boots = 0
        self.bites = 0
        self.process = None
        self._environment = {
            **environment,
            "LD_PRELOAD": preload,
            "BOARD_CLOCK": str(page),
            "NTP": self.time_server.name,
            "TZ": "UTC",
        }
        self.put(asleep=1e6, air=1, address=7, cause=1)
        self._closed = False
        threading.Thread(target=self._watch, daemon=True).start()

    def get(self, name):
        """Return a number of the page."""
        return self._page[_page.NAMES.index(name)]

    def put(self, **values):
        """Change numbers of the page."""
        for name, value in values.items():
            self._page[_page.NAMES.index(name)] = value

    @property
    def now(self):
        """The board's monotonic clock in seconds."""
        return time.monotonic() + self.get("skipped") / 1e6

    @property
    def true_time(self):
        """The Unix time in this world."""
        return time.time() + self.get("skipped") / 1e6

    def _tell_time(self, question):
        return [answer(question, int(self.true_time))] if self.time_server_answers and self.get("air") else []

    def power_on(self, *script, code=None, rtc=None, **environment):
        """Switch it on. `rtc` is the Unix time its clock shows, by default that after a reset."""
        if rtc is None and self.forgets_time:
            rtc = self.unset_rtc
        if rtc is not None:
            self.put(wall=(rtc - self.now) * 1e6)
        self.put(limit=0)
        self.boots += 1
        path = [self.folder, self.folder / "lib", DAY, STANDINS / "nvs", STANDINS / "radio"]
        environment = {**self._environment, "BOOT": str(self.boots), **environment}
        self.process = self._interpreter.start(*script, code=code, path=path, env=environment, cwd=self.folder)
        return self.process

    def air_off(self):
        """Make the access point vanish, and with it the way to the cloud."""
        self.way.open = False
        self.way.cut()
        self.put(air=0)

    def air_on(self):
        """Bring it back. Earlier connections stay dead."""
        self.way.open = True
        self.put(air=1)

    def sleep_on(self):
        """Skip the time for which the board sleeps."""
        left = self.get("wake") - self.now * 1e6
        assert left > 0
        self.put(skipped=self.get("skipped") + left)

    def _in_vain(self, what):
        numbers = ", ".join("%s %.0f" % (name, self.get(name)) for name in _page.NAMES)
        ended = "exit code %s, %d bites, %s" % (self.process.returncode, self.bites, numbers)
        return "%s, in vain: %s\n%s" % (what, ended, self.process.stdout + self.process.stderr)

    def hurry_until(self, condition, what, limit):
        """Let the board's time run about 16 times as fast until a condition holds, for at most `limit` seconds.

        Only for times when nothing comes from the network: an answer would come too late.
        """
        begin = self.now
        before = None
        deadline = time.monotonic() + 30
        while not condition():
            assert self.now - begin < limit and time.monotonic() < deadline, self._in_vain(what)
            beats = self.get("beats")
            if beats != before:  # the event loop keeps pace, however busy this machine is
                before = beats
                self.put(skipped=self.get("skipped") + 100000)
            time.sleep(0.002)

    def wait(self, condition, what, timeout=20):
        """Wait until a condition holds."""
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, self._in_vain(what)
            time.sleep(0.01)

    def _watch(self):
        # The watchdog runs here, because a program that hangs cannot end itself.
        while not self._closed:
            limit = self.get("limit")
            if limit and self.now * 1e6 - self.get("fed") > limit * 1000 and self.process.returncode is None:
                self.put(limit=0, cause=3)
                self.bites += 1
                self.process.signal(signal.SIGKILL)
            time.sleep(0.02)

    def close(self):
        """Stop everything."""
        self._closed = True
        self._interpreter.stop_all()
        self.way.close()
        self.time_server.close()
