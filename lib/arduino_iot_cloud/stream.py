"""What a task waits for: a stream, and an alarm. With MicroPython's own, waiting allocates nothing."""

from .port import MICROPYTHON, ticks_add, ticks_ms

if MICROPYTHON:
    from asyncio import core

    # Both classes are their own iterators, as core.SingletonGenerator is: awaiting them allocates nothing.
    _stop = StopIteration()

    class Alarm:
        """A sleep that `set` ends early. One task may wait for it."""

        task = None  # the one that sleeps
        state = False  # set before anybody waited
        ticks = None  # how many ms to sleep, until that has begun

        def set(self):
            """Wake who waits, or let the next wait return at once."""
            if self.task is None:
                self.state = True
            else:
                core._task_queue.remove(self.task)
                core._task_queue.push(self.task)
                self.task = None

        def wait(self, ticks: int):
            """To be awaited: sleeps until `set`, for `ticks` ms at most."""
            self.ticks = 0 if self.state else ticks
            self.state = False
            return self

        def __iter__(self):
            return self

        def __next__(self):
            if self.ticks is None:
                self.task = None
                _stop.__traceback__ = None
                raise _stop
            if self.ticks:
                self.task = core.cur_task
            core._task_queue.push(core.cur_task, ticks_add(ticks_ms(), self.ticks))
            self.ticks = None

    class Stream:
        """A non-blocking socket: awaiting it waits until it can be read."""

        state = False  # somebody waits

        def __init__(self, s):
            self.s = s
            self.readinto = s.readinto
            self.write = s.write
            self.close = s.close

        def __iter__(self):
            return self

        def __next__(self):
            self.state = not self.state
            if not self.state:
                _stop.__traceback__ = None
                raise _stop
            core._io_queue.queue_read(self.s)

    def send(stream, data):
        """To be awaited: writes all of `data`."""
        while data:
            yield core._io_queue.queue_write(stream.s)
            data = data[stream.write(data) or 0 :]

else:
    from .cpython import Alarm, Stream, send  # noqa: F401
