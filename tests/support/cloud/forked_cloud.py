"""`local-cloud` as a child process that is forked from one in which its packages are already loaded.

Loading them takes most of the processor time of a start. The code that runs is the same, except for cheap hashes of
secrets. Environment variables that matter only when a process starts (LD_PRELOAD) have no effect on such a child.
tests/cloud/test_process.py starts the command itself.
"""

import atexit
import multiprocessing
import os
import subprocess
import sys

import pytest
from processes import Process
from toolchain.paths import LIB, ROOT, TOOLS

_SERVER = multiprocessing.get_context("forkserver")
_LOG2_COST = 4  # of the hashes of secrets; each hash contains its cost
# Everything that a running cloud with SQLite has loaded.
_SERVER.set_forkserver_preload(
    """localcloud.cli.command_line localcloud.cli.serve localcloud.cloud localcloud.embedded.side
    cryptography.hazmat.backends.openssl pydantic.v1 sqlalchemy.dialects.sqlite.aiosqlite
    uvicorn.lifespan.off uvicorn.protocols.http.h11_impl uvicorn.protocols.websockets.websockets_sansio_impl""".split()
)


class ForkedCloud(Process):
    """A processes.Process that runs `local-cloud` with the arguments `command`."""

    def _open(self, env, cwd):
        return _Child(self.command, dict(os.environ if env is None else env), str(cwd or ROOT))


class _Child:
    """Gives a process of multiprocessing the parts of subprocess.Popen that Process needs."""

    def __init__(self, command, env, cwd):
        stdin, self.stdin = _pipe("wb")
        stdout, self.stdout = _pipe("rb")
        stderr, self.stderr = _pipe("rb")
        theirs = (stdin, stdout, stderr)
        self._process = _SERVER.Process(target=_run, args=(command, env, cwd, theirs), daemon=True)
        with pytest.MonkeyPatch.context() as patch:
            # The process that forks may start now. It needs the environment to find its packages.
            patch.setenv("PYTHONPATH", os.pathsep.join((str(TOOLS), str(LIB))))
            self._process.start()
        for pipe in theirs:
            pipe.close()
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


def _pipe(mode):
    """Make a pipe, and return (the child's end, our end as a file)."""
    reader, writer = _SERVER.Pipe(duplex=False)
    theirs, ours = (reader, writer) if mode == "wb" else (writer, reader)
    with ours:
        return theirs, open(os.dup(ours.fileno()), mode)


def _run(command, env, cwd, pipes):
    """Do in the child what `python -m localcloud` does with these arguments."""
    assert "localcloud.cloud" in sys.modules, "the packages are not loaded"
    for number, pipe in enumerate(pipes):
        os.dup2(pipe.fileno(), number)
        pipe.close()
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)
    sys.stderr = open(2, "w", buffering=1, closefd=False)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    tests = str(ROOT / "tests")
    sys.path[:] = [str(TOOLS), str(LIB)] + [folder for folder in sys.path if not folder.startswith(tests)]
    from localcloud.cli import main
    from localcloud.identity import hashed_secrets

    # Otherwise making and verifying a secret take 30 ms each, and the tests make a thousand devices.
    hashed_secrets._LOG2_COST = _LOG2_COST
    try:
        sys.exit(main(command))
    finally:
        atexit._run_exitfuncs()
