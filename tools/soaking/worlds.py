"""Simulated worlds (tests/simulation) in child processes, one for each interpreter."""

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

from toolchain.mpy import compile_file
from toolchain.paths import BIN, LIB, PEERS, ROOT

TESTS = ROOT / "tests"
INTERPRETERS = ("cpython", "mp64", "mp32")
CLIENT_MODES = ("async", "sync", "websocket", "user")
MODES = (*CLIENT_MODES, "board")  # "board": a whole board, of which the client is a part
RADIOS = TESTS / "support" / "standins" / "radio"
KINDS = ("trouble", "idle", "busy")  # of worlds: simulation.world.World
HEAP = "4m"  # for the cloud too

# The outcome of some worlds: the sum of the days in those that did not fail, the number of worlds, and the failures,
# each with its story.
Result = namedtuple("Result", "days worlds failures")
Failure = namedtuple("Failure", "seed story replay")


@functools.cache
def _bytecode():
    # A folder with the client and the simulation as bytecode with line numbers. The client imports modules with each
    # connection, and compiling them then would take a third of a world's time.
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    atexit.register(shutil.rmtree, folder, True)
    packages = ((LIB, "arduino_iot_cloud"), (LIB, "arduino_cloud_board"), (TESTS, "simulation"), (RADIOS, ""))
    for root, package in packages:
        for source in (root / package).rglob("*.py"):
            place = source.relative_to(root if package else root.parent)
            if not place.name.startswith("test_"):
                compile_file(source, folder / place.with_suffix(".mpy"), str(place), optimisation=0)
    return folder


def command(interpreter, mode, first, count, days, off):
    """Return the command and the environment for some worlds."""
    words = ["-m", "simulation.run", mode, str(first), str(count), str(days), ",".join(off) or "-"]
    environment = dict(os.environ, SIMULATED_BOARDS=str(ROOT / "boards"))
    board = mode == "board"  # only there may anything find a module `network`
    if interpreter == "cpython":
        environment["PYTHONPATH"] = os.pathsep.join([str(TESTS), str(LIB)] + [str(RADIOS)] * board)
        return [sys.executable] + words, environment
    folders = [str(_bytecode())] + [str(_bytecode() / RADIOS.name)] * board + [str(PEERS / "umqtt"), ".frozen"]
    environment["MICROPYPATH"] = ":".join(folders)
    program = str(BIN / ("micropython" + interpreter[2:]))
    return [program, "-X", "heapsize=" + HEAP] + words, environment


def replay(interpreter, mode, seed, days, off, kind="trouble"):
    """Return the command line that runs a world again."""
    line = "tools/soak --seed %d --interpreter %s --mode %s" % (seed, interpreter, mode)
    if kind != "trouble":
        line += " --kind " + kind
    if days:
        line += " --days %g" % days
    return line + (" --off %s" % ",".join(off) if off else "")


def live(interpreter, mode, first, count, days=0.0, off=(), timeout=None, kind="trouble"):
    """Run `count` worlds from the seed `first` on, in one process until one fails. Return a Result."""
    end = first + count
    lived = 0.0
    worlds = 0
    failures = []
    while first < end:
        words, environment = command(
            interpreter, mode, first, end - first, days, off if kind == "trouble" else (*off, kind)
        )
        try:
            done = subprocess.run(
                words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=timeout,
            )  # fmt: skip
            output, code = done.stdout, done.returncode
        except subprocess.TimeoutExpired as error:
            output, code = error.stdout or b"", "no end within %s s" % timeout
        lines = output.decode("utf-8", "replace").splitlines()
        well = [line.split() for line in lines if line.startswith("OK ")]
        lived += sum(float(words[2]) for words in well)
        worlds += len(well)
        first += len(well)
        if first < end:
            worlds += 1
            story = [line for line in lines if not line.startswith("OK ")]
            if not (story and story[-1].startswith("FAIL ")):
                story.append("FAIL %d: the process has ended: %s" % (first, code))
            failures.append(Failure(first, "\n".join(story), replay(interpreter, mode, first, days, off, kind)))
            first += 1
    return Result(lived, worlds, failures)
