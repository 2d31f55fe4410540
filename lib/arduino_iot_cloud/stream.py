"""A non-blocking socket as a stream that tasks wait for."""

from .port import MICROPYTHON

if MICROPYTHON:
    from asyncio import core

    # What ends the waiting, made once: classes that are their own iterators wait without allocating.
    stop = StopIteration()

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
                stop.__traceback__ = None
                raise stop
            core._io_queue.queue_read(self.s)

    def send(stream, data):
        """To be awaited: writes all of `data`."""
        while data:
            yield core._io_queue.queue_write(stream.s)
            data = data[stream.write(data) or 0 :]

else:
    from .cpython import Stream, send  # noqa: F401
