"""Run a MicroPython program as a child process that cannot outlive its parent."""

import asyncio
import ctypes
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Callable

from toolchain.paths import MICROPYTHON32

from . import DemoError

STOP_S = 2  # time to end by itself
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


def _end_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Device:
    """A running program. Start it with `await Device.start(...)`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Use `start`."""
        self._process = process
        self.last_line = ""
        self.on_line: Callable[[str], None] = lambda line: None
        self._ended = asyncio.create_task(self._follow())

    @classmethod
    async def start(cls, program: str, *, folder: Path, library: Path, heap: str) -> "Device":
        """Start `program` in `folder` on the 32-bit MicroPython. Imports come from `folder` and `library`."""
        process = await asyncio.create_subprocess_exec(
            *(str(MICROPYTHON32), "-X", "heapsize=" + heap, program),
            cwd=folder,
            env={**os.environ, "MICROPYPATH": "%s:.frozen" % library},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        return cls(process)

    async def _follow(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            text = line.decode("utf-8", "replace").rstrip()
            self.last_line = text or self.last_line
            self.on_line(text)
        await self._process.wait()

    async def failure(self) -> None:
        """Wait for the program's end and raise DemoError, because it should run forever."""
        await asyncio.shield(self._ended)
        reason = self.last_line or "it printed nothing"
        raise DemoError("the device program ended with code %s: %s" % (self._process.returncode, reason))

    async def stop(self) -> None:
        """End the program, by force if necessary."""
        for end in (self._process.terminate, self._process.kill):
            with suppress(ProcessLookupError):
                end()
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._ended), STOP_S)
                return
