"""The emulated Cortex-M3 with our firmware. mpremote is at the other end of its serial line."""

import shutil
import subprocess
from pathlib import Path

from processes import Process
from toolchain import mpy
from toolchain.parts import firmware
from toolchain.paths import VENV

TESTS = Path(__file__).parents[1]
PLACES = ("unit/client", "support/portable")  # folders whose modules go into the image
MPREMOTE = VENV / "bin" / "mpremote"
# AN385's 16 MB of PSRAM, which the firmware does not use, stand in for a flash chip.
FLASH = 0x21000000

# Runs before a program and mounts the image of make_image() as boards with ROMFS mount flash.
MOUNT = """
import sys, uctypes, vfs
vfs.mount(vfs.VfsRom(uctypes.bytearray_at(%d, %d)), "/rom")
sys.path[:0] = %r
"""


def make_image(folder):
    """Make a ROMFS image of the client's unit tests, compiled with asserts, and their vectors. Return its path."""
    files = folder / "files"
    for place in PLACES:
        for source in sorted((TESTS / place).glob("*.py")):
            if source.name != "portable_items.py":  # only for CPython
                mpy.compile_file(source, files / place / (source.stem + ".mpy"), optimisation=0)
    (files / "vectors").mkdir()
    shutil.copy(TESTS / "vectors" / "device_vectors.json", files / "vectors")
    image = folder / "image"
    command = [MPREMOTE, "romfs", "--no-mpy", "--output", image, "build", files]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return image


class Board:
    """A running QEMU. `run(code)` does what a user does with mpremote."""

    def __init__(self, elf, image=None):
        command = [firmware.QEMU, "-machine", "mps2-an385", "-nographic", "-monitor", "null", "-semihosting"]
        command += ["-serial", "pty", "-kernel", elf]
        self._prepare = ""
        if image:
            command += ["-device", "loader,file=%s,addr=%#x,force-raw=on" % (image, FLASH)]
            self._prepare = MOUNT % (FLASH, image.stat().st_size, ["/rom/" + place for place in PLACES])
        self._process = Process(command)
        try:
            self.port = self._process.wait_for(r"redirected to (/dev/\S+)").group(1)
        except BaseException:
            self.stop()
            raise

    def mpremote(self, *arguments, timeout=240):
        """Run mpremote on the board. Return a subprocess.CompletedProcess with stdout and stderr as text."""
        command = [MPREMOTE, "connect", self.port, *arguments]
        none = subprocess.DEVNULL
        return subprocess.run(command, stdin=none, capture_output=True, text=True, timeout=timeout)

    def run(self, code, timeout=240):
        """Run a program in a fresh interpreter and return what it prints. If it fails, raise AssertionError."""
        done = self.mpremote("exec", self._prepare + code, timeout=timeout)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.replace("\r\n", "\n")

    def stop(self):
        """Switch the board off."""
        self._process.stop()
