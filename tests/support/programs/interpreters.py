"""CPython and MicroPython as child processes with the same interface."""

import os
import sys

from processes import Process
from toolchain.paths import BIN, LIB, ROOT


class Interpreter:
    """Runs scripts or code. `run` waits for the end, `start` returns a running processes.Process.

    Arguments of both: a script's path and its arguments, or `code=`; `heap="64k"` (only for
    MicroPython); `path=` folders that come before lib/; `env=` more environment; `cwd=`.
    """

    name = None
    path_variable = None

    def __init__(self):
        self._started = []

    def start(self, *script, code=None, heap=None, path=(), env=None, cwd=None):
        """Start it and return a processes.Process, which is stopped when the test ends."""
        command = self._command(heap) + (["-c", code] if code is not None else [])
        folders = [str(folder) for folder in path] + [str(LIB)] + self._builtin_folders
        environment = dict(os.environ)
        environment[self.path_variable] = os.pathsep.join(folders)
        environment.update(env or {})
        process = Process(command + [str(word) for word in script], environment, cwd or ROOT)
        self._started.append(process)
        return process

    def run(self, *script, timeout=30, check=False, **options):
        """Run it to its end and return Finished(returncode, stdout, stderr). `check=True` demands success."""
        process = self.start(*script, **options)
        done = process.wait(timeout)
        if check and done.returncode:
            raise AssertionError("exit code %d\n%s\n%s" % (done.returncode, done.stdout, done.stderr))
        return done

    def stop_all(self):
        """Stop everything that is still running."""
        for process in self._started:
            process.stop()


class CPython(Interpreter):
    """The Python that runs pytest."""

    name = "cpython"
    bits = 64
    path_variable = "PYTHONPATH"
    _builtin_folders = []

    def _command(self, heap):
        return [sys.executable, "-u"]


class MicroPython(Interpreter):
    """MicroPython's unix port. The 32-bit one has a board's object sizes."""

    path_variable = "MICROPYPATH"
    _builtin_folders = [".frozen"]

    def __init__(self, bits):
        super().__init__()
        self.bits = bits
        self.name = "mp%d" % bits

    def _command(self, heap):
        command = [str(BIN / ("micropython%d" % self.bits))]
        return command + (["-X", "heapsize=" + heap] if heap else [])
