"""A really small disk: a tmpfs in a mount namespace of its own, which needs no rights on this machine."""

import os
import subprocess
import time
from pathlib import Path

from processes import Process
from toolchain.paths import TOOLS, VENV_PYTHON


class SmallDisk:
    """A disk of some megabytes, mounted at `folder` for the processes that `start` starts.

    `inside` is the same folder as this process sees it.
    """

    def __init__(self, folder, size="12m"):
        self.folder = folder
        folder.mkdir()
        self._own = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
        mount = "mount -t tmpfs -o size=%s,mode=700 small '%s' && echo mounted && exec sleep 600" % (size, folder)
        self._holder = Process(["unshare", *self._own, "--mount", "sh", "-c", mount])
        self._holder.wait_for("mounted", 10)
        self.inside = Path("/proc/%d/root%s" % (self._holder.pid, folder))

    def _command(self, words):
        enter = ["nsenter", "--target", str(self._holder.pid), "--mount"]
        if self._own:
            enter += ["--user", "--preserve-credentials"]
        return enter + [str(word) for word in words]

    def start(self, *words):
        """Start `local-cloud` with these arguments (processes.Process)."""
        command = self._command([VENV_PYTHON, "-m", "localcloud", *words])
        return Process(command, {**os.environ, "PYTHONPATH": str(TOOLS)})

    def lock(self, database):
        """Start a program that locks an SQLite database until it is stopped."""
        code = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        code += "c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); sys.stdin.read()"
        process = Process(self._command([VENV_PYTHON, "-c", code, database]))
        process.wait_for("locked", 10)
        return process

    def remount(self, options):
        """Mount it with other options, such as "ro" or "rw"."""
        subprocess.run(self._command(["mount", "-o", "remount," + options, self.folder]), check=True, timeout=10)

    def fill(self):
        """Write to it until nothing more fits."""
        with open(self.inside / "filling", "ab", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue

    def free(self):
        """Make room."""
        (self.inside / "filling").unlink()

    def free_bytes(self):
        status = os.statvfs(self.inside)
        return status.f_bavail * status.f_frsize

    def stop(self):
        """Forget the disk and what is on it."""
        self._holder.stop()


def is_possible():
    """Return whether this machine lets a process have mounts of its own."""
    own = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *own, "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True, timeout=10).returncode == 0
    except OSError:
        return False


def wait_until(condition, what, within=15):
    """Poll what no event announces."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
