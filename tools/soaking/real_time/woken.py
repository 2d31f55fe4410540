"""How often a process has been woken, and how much processor time it has used, from Linux's /proc."""

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
    try:
        fields = Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS
