"""`local-cloud` as a child process that is forked from one in which its packages are loaded already.

Loading them takes most of the processor's time of a start; the code that runs is the same. What an environment tells a
process as it starts (LD_PRELOAD) such a child does not hear. tests/cloud/test_process.py starts the command itself.
"""

import atexit
import multiprocessing
import os
import subprocess
import sys
from multiprocessing.reduction import DupFd

from processes import Process
from toolchain.paths import LIB, ROOT, TOOLS

_SERVER = multiprocessing.get_context("forkserver")
# All that a cloud with SQLite has loaded when it runs.
_SERVER.set_forkserver_preload(
    """localcloud.cli.command_line localcloud.cli.serve localcloud.cloud localcloud.embedded localcloud.gate
    cryptography.hazmat.backends.openssl pydantic.v1 sqlalchemy.dialects.sqlite.aiosqlite
    uvicorn.lifespan.off uvicorn.protocols.http.h11_impl uvicorn.protocols.websockets.websockets_sansio_impl""".split()
)


class ForkedCloud(Process):
    """A processes.Process that runs `local-cloud`, of which `command` are the arguments."""

    def _open(self, env, cwd):
        return _Child(self.command, dict(os.environ if env is None else env), str(cwd or ROOT))


class _Child:
    """What Process needs of a subprocess.Popen, about a process of multiprocessing."""

    def __init__(self, command, env, cwd):
        stdin, self.stdin = _pipe("wb")
        stdout, self.stdout = _pipe("rb")
        stderr, self.stderr = _pipe("rb")
        theirs = (stdin, stdout, stderr)
        self._process = _SERVER.Process(target=_run, args=(command, env, cwd, _Files(theirs)), daemon=True)
        _with_paths(self._process.start)
        for number in theirs:
            os.close(number)
        self.pid = self._process.pid

    def poll(self):
        return self._process.exitcode

    returncode = property(poll)

    def wait(self, timeout=None):
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("local-cloud", timeout)
        return self.returncode

    def send_signal(self, number):
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self):
        self._process.terminate()

    def kill(self):
        self._process.kill()


class _Files:
    """Numbers of open files on their way to the child: found out when they are pickled, as `DupFd` asks for."""

    def __init__(self, numbers):
        self._numbers = numbers

    def __reduce__(self):
        return _arrived, tuple(map(DupFd, self._numbers))


def _arrived(*files):
    return [file.detach() for file in files]


def _pipe(mode):
    """A pipe: (the child's end, ours as a file that is read or written)."""
    end, start = os.pipe()
    theirs, ours = (end, start) if mode == "wb" else (start, end)
    return theirs, open(ours, mode, buffering=0 if mode == "wb" else -1)


def _with_paths(start):
    """Call `start`, with which the process that forks may begin, and finds its packages by the environment."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join((str(TOOLS), str(LIB)))
    try:
        start()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def _run(command, env, cwd, files):
    """In the child: what `python -m localcloud` with these arguments does."""
    assert "localcloud.cloud" in sys.modules, "the packages are not loaded"
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)
    sys.stderr = open(2, "w", buffering=1, closefd=False)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    tests = str(ROOT / "tests")
    sys.path[:] = [str(TOOLS), str(LIB)] + [folder for folder in sys.path if not folder.startswith(tests)]
    from localcloud.cli import main

    try:
        sys.exit(main(command))
    finally:
        atexit._run_exitfuncs()
