"""Non-blocking sockets and alarms that tasks can await without allocating."""

from .port import MICROPYTHON, ticks_add, ticks_ms

if MICROPYTHON:
    from asyncio import core

    # The exception that ends a wait, made once: awaiting an object that is its own iterator allocates nothing.
    stop = StopIteration()

    class Stream:
        """A non-blocking socket. Await it to wait until it can be read.

        `beneath` is the TCP socket under TLS. A caller reads everything before it waits, so new bytes show on the
        socket beneath. That one has a file descriptor, on which the event loop can wait; TLS itself would be polled
        every millisecond.
        """

        state = False  # a task waits

        def __init__(self, s, beneath=None):
            self.s = s  # the socket to wait for
            self.beneath = beneath
            self.readinto = s.readinto
            self.write = s.write
            self.close = s.close

        def opened(self):
            """Note that the handshake is done: from now on a read waits only for input, a write only for output."""
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

        task = None  # the task that sleeps
        state = False  # it was set before a task waited
        ticks = None  # ms to sleep; None once the sleep has begun
        _queue = None  # the queue of the event loop in which the task sleeps

        def set(self):
            """Wake the waiting task, or let the next wait return at once."""
            # A task that is cancelled or has ended has `data`: pushing it again would undo that.
            if self.task is None or self.task.data or self._queue is not core._task_queue:
                self.task = None
                self.state = True
            else:
                core._task_queue.remove(self.task)
                core._task_queue.push(self.task)
                self.task = None

        def wait(self, ticks: int):
            """Sleep until `set`, for at most `ticks` ms. Await it."""
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
        """Wait until the stream accepts more. Await it."""
        yield core._io_queue.queue_write(stream.s)

    def event_loop():
        """Return an object that identifies the event loop."""
        return core._task_queue

else:
    from .cpython import Alarm, Stream, event_loop, writable  # noqa: F401
