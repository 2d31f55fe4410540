"""To wait until a stream takes more, or has taken all. Imported while something is opened.
"""

from .port import MICROPYTHON

if MICROPYTHON:
    from asyncio import core

    def writable(stream):
        """To be awaited: waits until the stream takes more."""
        yield core._io_queue.queue_write(stream.s)

    def send(stream, data):
        """To be awaited: writes all of `data`."""
        while data:
            yield core._io_queue.queue_write(stream.s)
            data = data[stream.write(data) or 0 :]

else:
    from .cpython import send, writable  # noqa: F401
