"""A non-blocking socket as a stream that tasks wait for."""

from .port import MICROPYTHON, ticks_add, ticks_ms

if MICROPYTHON:
    from asyncio import core

    # What ends the waiting, made once: classes that are their own iterators wait without allocating.
    stop = StopIteration()

    class Stream:
        """A non-blocking socket: awaiting it waits until it can be read.

        `beneath` is the TCP socket under TLS. Whoever waits has read until there was nothing left, so that what comes
        next shows on the socket beneath. That one has a file descriptor to wait for; TLS itself would be looked at
        every millisecond.
        """

        state = False  # somebody waits

        def __init__(self, s, beneath=None):
            self.s = s  # what is waited for
            self.beneath = beneath
            self.readinto = s.readinto
            self.write = s.write
            self.close = s.close

        def opened(self):
            """The handshake is done: from now on reading waits for incoming bytes only, and writing for outgoing."""
            if self.beneath:
                self.s = self.beneath

        def __iter__(self):
            return self

        def __next__(self):
            self.state = not self.state
            if not self.state:
                stop.__traceback__ = None
                raise stop
            core._io_queue.queue_read(self.s)

    class Alarm:
        """A sleep that `set` ends early. One task may wait for it. Waiting allocates nothing, as with `Stream`."""

        task = None  # the one that sleeps
        state = False  # set before anybody waited
        ticks = None  # how many ms to sleep, until that has begun
        _queue = None  # of the event loop in which it sleeps

        def set(self):
            """Wake who waits, or let the next wait return at once."""
            # A task that is cancelled or has ended has `data`: pushed once more, it would not be any longer.
            if self.task is None or self.task.data or self._queue is not core._task_queue:
                self.task = None
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
                stop.__traceback__ = None
                raise stop
            if self.ticks:
                self.task = core.cur_task
                self._queue = core._task_queue
            core._task_queue.push(core.cur_task, ticks_add(ticks_ms(), self.ticks))
            self.ticks = None

    def writable(stream):
        """To be awaited: waits until the stream takes more."""
        yield core._io_queue.queue_write(stream.s)

    def event_loop():
        """What tells one event loop from the next."""
        return core._task_queue

else:
    from .cpython import Alarm, Stream, event_loop, writable  # noqa: F401
