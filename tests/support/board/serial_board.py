"""A board at a serial line: MicroPython's unix port behind a pseudo-terminal, with a littlefs.

Debian's build of the unix port has no raw REPL, so a MicroPython program in the same interpreter (`serial_firmware.py`)
implements it. Everything else is real: the interpreter, the file system (in a file, so that it outlives the process),
the sockets, TLS. A soft reset is a new process.
"""

import os
import pty
import select
import signal
import subprocess
import threading
import time
import tty
from pathlib import Path

from toolchain.paths import BIN

FIRMWARE = Path(__file__).with_name("serial_firmware.py")
_RESET = 75  # the exit codes by which serial_firmware.py asks for a restart, and the way it then starts
_RESET_RAW = 76


class SerialBoard:
    """A board that starts at once, with `blocks` of 4 KB of flash in `folder`, at `mount`. A host opens `port`.

    received      the number of bytes from the host
    cut_after     the cable is pulled once so many bytes have come
    cut_at        the cable is pulled once these bytes have come, after it was set
    changes_left  from the next start on, the power fails after so many changes of keys and settings, or of modules if
                  `changes_of` is "modules"
    said, heard   all bytes to and from the host
    """

    def __init__(self, folder, *, blocks=256, bits=64, romfs_kb=0, unique_id="", machine="", heap="4m", mount="/"):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.flash = self.folder / "flash.bin"
        self.received = 0
        self.said = bytearray()
        self.heard = bytearray()
        self.cut_after = self.changes_left = self._cut_at = None
        self.changes_of = "settings"
        self._news = threading.Condition()
        self._arguments = [str(self.flash), str(blocks), str(romfs_kb), unique_id, machine, mount]
        self._command = [str(BIN / ("micropython%d" % bits)), "-X", "heapsize=" + heap, str(FIRMWARE)]
        self._thread = None
        self.plug_in()

    @property
    def cut_at(self):
        """The bytes at which the cable is pulled."""
        return self._cut_at

    @cut_at.setter
    def cut_at(self, text):
        self._cut_from, self._cut_at = len(self.heard), text

    def plug_in(self):
        """Power the board on, with a new port."""
        self._host, self._port = pty.openpty()
        tty.setraw(self._port)
        self.port = os.ttyname(self._port)
        self._wake = os.pipe()
        self._line, self._console = pty.openpty()
        tty.setraw(self._console)
        self._listens = threading.Event()
        self._early = b""
        self._start("main")
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()
        if not self._listens.wait(20):
            raise RuntimeError("the board does not start")

    def _start(self, mode):
        self._process = subprocess.Popen(
            [*self._command, mode, *self._arguments, str(self.changes_left or 0), self.changes_of],
            stdin=self._console,
            stdout=self._console,
            stderr=self._console,
            cwd=self.folder,
            env={"MICROPYPATH": ".frozen"},
            start_new_session=True,
        )
        self._ready = False  # to read from the host
        self._running = False  # a program, which Ctrl-C interrupts

    def _carry(self):
        """Carry bytes both ways until the cable is pulled."""
        while True:
            if self._ready and self._early:
                early, self._early = self._early, b""
                self._to_board(early)
            sources = [self._line, self._wake[0]] + [self._host] * self._ready
            found = select.select(sources, [], [], 0.02)[0]
            if self._wake[0] in found:
                break
            if self._line in found:
                if not self._to_host(os.read(self._line, 4096)):
                    break
            elif self._host in found:
                data = os.read(self._host, 256)
                self._hear(data)
                if self.cut_after is not None and self.received >= self.cut_after:
                    break
                if self._cut_at is not None and self.heard.find(self._cut_at, self._cut_from) >= 0:
                    break
                self._to_board(data)
            elif self._process.poll() in (_RESET, _RESET_RAW):
                self._take_back()
                self._start("raw" if self._process.returncode == _RESET_RAW else "main")
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        for descriptor in (self._host, self._port, self._line, self._console, *self._wake):
            os.close(descriptor)

    def _hear(self, data):
        with self._news:
            self.received += len(data)
            self.heard += data
            self._news.notify_all()

    def _take_back(self):
        # The next program gets what came during a reset and was not read, as from a board's serial port.
        while select.select([self._console], [], [], 0)[0]:
            self._early += os.read(self._console, 4096)

    def _to_host(self, data):
        # Returns False if its power is gone.
        for byte in data:
            if byte == 0x06:
                self._ready = True
                self._listens.set()
            elif byte in (0x0E, 0x0F):
                self._running = byte == 0x0E
        powered = b"\x10" not in data
        data = data.translate(None, b"\x06\x0e\x0f\x10")
        self.said += data
        os.write(self._host, data)
        return powered

    def _to_board(self, data):
        if self._running and b"\x03" in data:
            self._interrupt()
            data = data.replace(b"\x03", b"")
        os.write(self._line, data)

    def _interrupt(self):
        # The unix port raises KeyboardInterrupt anywhere, even during a garbage collection; a board does so between two
        # bytecodes. Therefore interrupt the program while it waits for something, or after a second.
        state = Path("/proc/%d/stat" % self._process.pid)
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline and state.read_text().rpartition(")")[2].split()[0] == "R":
            time.sleep(0.001)
        self._process.send_signal(signal.SIGINT)

    def settle(self, quiet=0.3, timeout=10):
        """Wait until its flash no longer changes."""
        deadline = time.monotonic() + timeout
        before, since = None, time.monotonic()
        while time.monotonic() - since < quiet:
            assert time.monotonic() < deadline
            now = self.flash.stat().st_mtime_ns
            if now != before:
                before, since = now, time.monotonic()
            time.sleep(0.02)

    def wait_received(self, count, timeout=20):
        """Wait until so many bytes have come from the host."""
        with self._news:
            assert self._news.wait_for(lambda: self.received >= count, timeout)

    def wait_cut(self, timeout=20):
        """Wait until the cable is pulled or the power is gone."""
        self._thread.join(timeout)
        assert not self._thread.is_alive()

    def pull_out(self):
        """Power the board off, whatever it is doing. Its port disappears."""
        if self._thread.is_alive():
            os.write(self._wake[1], b"x")
            self._thread.join()

    stop = pull_out

