"""MicroPython's unix port, 64-bit and 32-bit. In the latter, objects have the size and the low addresses of a board's.
"""

import os
import shutil
import subprocess

from .. import debian
from ..installed import digest, is_current, lock, mark_current, write_whole
from ..paths import BIN, CACHE
from ..report import ToolchainError, say

SUITES = ["forky", "sid", "trixie"]
OLDEST = (1, 24)
# A board's RAM is below 2^31, where `id()` is a small int. For a higher address it is an object of 32 bytes, and
# asyncio makes six of them whenever it waits for a socket. By default the C library takes large blocks from there.
LOW_ADDRESSES = "GLIBC_TUNABLES=glibc.malloc.mmap_max=0"
PROBE = (
    "import sys, asyncio, tls, socket, select, deflate, vfs; "
    "print(*sys.implementation.version[:2], 64 if sys.maxsize > 2**32 else 32)"
)


def wrapper(bits):
    """The path of the command that runs the interpreter."""
    return BIN / ("micropython%d" % bits)


def _check(command, bits):
    """Raise ToolchainError unless `command` is a MicroPython of this size, new enough, with the modules needed."""
    try:
        done = subprocess.run([str(command), "-c", PROBE], capture_output=True, encoding="utf-8", timeout=20)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolchainError("%s does not run: %s" % (command, error))
    words = done.stdout.split()
    if done.returncode or len(words) != 3:
        reason = (done.stderr or done.stdout).strip().splitlines() or ["exit code %d" % done.returncode]
        raise ToolchainError("MicroPython %d-bit does not run: %s" % (bits, reason[-1]))
    major, minor, size = map(int, words)
    if (major, minor) < OLDEST or size != bits:
        raise ToolchainError("MicroPython %d.%d %d-bit does not fit" % (major, minor, size))


def _wrap(tree, program):
    """The text of the wrapper for the 32-bit interpreter."""
    return debian.wrapper_text(tree, program).replace("exec ", "export %s\nexec " % LOW_ADDRESSES, 1)


def _use_installed(bits):
    """Wrap the machine's own `micropython`; True if there is one that fits."""
    found = shutil.which("micropython")
    if bits != 64 or not found:
        return False
    try:
        _check(found, bits)
    except ToolchainError as error:
        say("micropython on PATH is not used: %s" % error)
        return False
    write_whole(wrapper(bits), '#!/bin/sh\nexec "%s" "$@"\n' % found, executable=True)
    say("MicroPython %d-bit: using the one on PATH" % bits)
    return True


def _key(bits):
    found = shutil.which("micropython") if bits == 64 else None
    more = [LOW_ADDRESSES] if bits == 32 else []
    return digest("1", bits, " ".join(SUITES), found, os.stat(found).st_mtime if found else "", *more)


def is_ready():
    """True if both interpreters are installed."""
    return all(is_current("micropython%d" % bits, _key(bits), wrapper(bits)) for bits in (64, 32))


def install():
    """Install those of the two interpreters that are missing."""
    for bits in (64, 32):
        name = "micropython%d" % bits
        with lock(name):
            if is_current(name, _key(bits), wrapper(bits)):
                continue
            if not _use_installed(bits):
                debian.fetch_program(
                    "MicroPython %d-bit" % bits,
                    "micropython",
                    "usr/bin/micropython",
                    debian.architecture(bits),
                    SUITES,
                    CACHE / "micropython" / str(bits),
                    wrapper(bits),
                    lambda command: _check(command, bits),
                    _wrap if bits == 32 else debian.wrapper_text,
                )
            mark_current(name, _key(bits))
