"""stopwatches.py counts work, but not the time in which other processes have the processor."""

import time

from stopwatches import Stopwatch

# All run on one processor.
WORK = """
import os, sys, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
print("ready", flush=True)
sys.stdin.readline()
while time.process_time() < %r:
    pass
print("done", flush=True)
sys.stdin.readline()
"""


def test_what_a_busy_machine_adds_is_not_counted(cpython):
    worker = cpython.start(code=WORK % 0.5)
    others = [cpython.start(code=WORK % 60) for _ in range(3)]
    for process in [worker, *others]:
        process.wait_for("^ready")
    watch, begin = Stopwatch(worker), time.monotonic()
    for process in [*others, worker]:
        process.send("\n")
    worker.wait_for("^done", 1.2)  # this limit does not count it either
    seconds, passed = watch.seconds(), time.monotonic() - begin
    assert passed > 1.5, "the processor was not busy"
    assert 0.2 < seconds < 1.2


def test_sleeping_is_counted():
    watch = Stopwatch()
    time.sleep(0.2)
    assert 0.15 < watch.seconds() < 1
