"""How long something takes, beside whatever else a machine has to do."""

import os
import threading
import time


class Stopwatch:
    """Counts, from when it is made, the seconds in which one of `processes` (Process) was not kept from running.

    Where others have the processor, what is ready to run waits for it: Linux counts that for each thread. The longest
    such wait of a process's threads is taken off, so that a limit says how long the work takes, and not how busy the
    machine is. So is that of the thread that looks.
    """

    def __init__(self, *processes):
        self._me = str(threading.get_native_id())
        self._folders = ["/proc/self/task"] + ["/proc/%d/task" % process.pid for process in processes]
        self._waits = [{} for _ in self._folders]
        self._look()
        self._before = [dict(waits) for waits in self._waits]
        self._begin = time.monotonic()

    def _look(self):
        # A thread that has ended keeps what was seen of it last.
        for folder, waits in zip(self._folders, self._waits):
            try:
                for thread in [self._me] if folder is self._folders[0] else os.listdir(folder):
                    with open("%s/%s/schedstat" % (folder, thread)) as file:
                        waits[thread] = int(file.read().split()[1]) / 1e9
            except (OSError, IndexError):
                continue

    def seconds(self):
        """So far."""
        now = time.monotonic()
        self._look()
        kept = 0
        for waits, before in zip(self._waits, self._before):
            kept += max((wait - before.get(thread, 0) for thread, wait in waits.items()), default=0)
        return max(now - self._begin - kept, 0.0)
