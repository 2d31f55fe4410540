"""What a process has cost so far, from Linux's /proc: wake-ups, processor's time, memory."""

import contextlib
import os
import re
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def wakeups(pid):
    """How often its threads have gone to sleep since they began, and so been woken; 0 where it has ended."""
    total = 0
    for status in Path("/proc/%d/task" % pid).glob("*/status"):
        with contextlib.suppress(OSError):  # a thread that has just ended
            total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read_text(), re.M)[1])
    return total


def processor_seconds(pid):
    """Seconds of processor's time that it has taken; 0 where it has ended."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def children(pid):
    """The processes that it has started and that are still there: their numbers."""
    numbers = (int(path.name) for path in Path("/proc").glob("[0-9]*"))
    return [number for number in numbers if _stat(number)[1:2] == [str(pid)]]


def memory_kb(pid):
    """Its memory that is not swapped out."""
    return int(Path("/proc/%d/status" % pid).read_text().partition("VmRSS:")[2].split()[0])


def _stat(pid):
    """The fields of /proc/PID/stat after the name, from the state on; none if the process has ended."""
    try:
        return Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()
    except OSError:
        return []
