"""Measure how long something takes, whatever else the machine is doing."""

import os
import threading
import time


class Stopwatch:
    """Counts the seconds since it was made, without those in which `processes` (Process) waited for the processor.

    While other processes have the processor, a thread that is ready to run waits for it, and Linux counts that. The
    longest such wait among a process's threads is subtracted, and so is the measuring thread's. A time limit is then
    about how long the work takes, not about how busy the machine is.
    """

    def __init__(self, *processes):
        self._me = str(threading.get_native_id())
        self._folders = ["/proc/self/task"] + ["/proc/%d/task" % process.pid for process in processes]
        self._waits = [{} for _ in self._folders]
        self._look()
        self._before = [dict(waits) for waits in self._waits]
        self._begin = time.monotonic()

    def _look(self):
        # A thread that has ended keeps its last count.
        for folder, waits in zip(self._folders, self._waits):
            try:
                for thread in [self._me] if folder is self._folders[0] else os.listdir(folder):
                    with open("%s/%s/schedstat" % (folder, thread)) as file:
                        waits[thread] = int(file.read().split()[1]) / 1e9
            except (OSError, IndexError):
                continue

    def seconds(self):
        """Return the seconds so far."""
        now = time.monotonic()
        self._look()
        kept = 0
        for waits, before in zip(self._waits, self._before):
            kept += max((wait - before.get(thread, 0) for thread, wait in waits.items()), default=0)
        return max(now - self._begin - kept, 0.0)
