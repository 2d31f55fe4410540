"""What a process has cost so far, from Linux's /proc: wake-ups, processor time, memory."""

import contextlib
import os
import re
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def wakeups(pid):
    """Return how often its threads have gone to sleep, and so been woken; 0 if it has ended."""
    total = 0
    for status in Path("/proc/%d/task" % pid).glob("*/status"):
        with contextlib.suppress(OSError):  # a thread that has just ended
            total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read_text(), re.M)[1])
    return total


def processor_seconds(pid):
    """Return the processor time that it has used, in seconds; 0 if it has ended."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def children(pid):
    """Return the numbers of the processes that it has started and that have not ended."""
    numbers = (int(path.name) for path in Path("/proc").glob("[0-9]*"))
    return [number for number in numbers if _stat(number)[1:2] == [str(pid)]]


def memory_kb(pid):
    """Return its resident memory in KB. Raises OSError if it has ended."""
    return int(Path("/proc/%d/status" % pid).read_text().partition("VmRSS:")[2].split()[0])


def _stat(pid):
    """Return the fields of /proc/PID/stat from the state on, none if the process has ended."""
    try:
        return Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()
    except OSError:
        return []
