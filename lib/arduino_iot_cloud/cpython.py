"""What MicroPython has and CPython has not, under the same names. Not needed on a board."""

import asyncio
from errno import ECONNRESET
from socket import SOCK_STREAM
from time import monotonic


def const(value):
    """MicroPython's compiler puts the value in place of the name; here it is a value like any other."""
    return value


def ticks_ms() -> int:
    """The monotonic clock in ms, modulo 2**30 as on a 32-bit board."""
    return int(monotonic() * 1000) & 0x3FFFFFFF


def ticks_add(ticks: int, delta: int) -> int:
    """The tick that is `delta` ms after `ticks`."""
    return (ticks + delta) & 0x3FFFFFFF


def ticks_diff(end: int, start: int) -> int:
    """Milliseconds from `start` to `end`, right for less than 2**29 ms either way."""
    return ((end - start + 0x20000000) & 0x3FFFFFFF) - 0x20000000


class Alarm:
    """A sleep that `set` ends early. One task may wait for it, in one event loop after the other."""

    task = None  # what is to be woken
    _is_set = False

    def set(self):
        """Wake who waits, or let the next wait return at once."""
        self._is_set = True
        if self.task is not None and not self.task.done() and not self.task.get_loop().is_closed():
            self.task.set_result(None)

    async def wait(self, ticks: int):
        """Sleep until `set`, for `ticks` ms at most."""
        if not self._is_set:
            self.task = asyncio.get_running_loop().create_future()
            await asyncio.wait((self.task,), timeout=ticks / 1000)
            self.task = None
        else:
            await asyncio.sleep(0)
        self._is_set = False


class Stream:
    """The two streams of asyncio as one: awaiting it waits until it can be read."""

    def __init__(self, reader, writer):
        self._reader = reader
        self.writer = writer
        self._data = b""
        self._ended = False
        self._loop = asyncio.get_running_loop()
        # `writable` then waits until all has gone to the system. TLS pauses at the limit, TCP beyond it.
        writer.transport.set_write_buffer_limits(1 if writer.get_extra_info("sslcontext") else 0, 0)

    def opened(self):
        """The handshake is done, as for MicroPython's stream."""

    @property
    def stale(self) -> bool:
        """Whether it was opened in an event loop that is not the running one: it is of no use here."""
        return self._loop is not asyncio.get_running_loop()

    def close(self):
        """End the connection, once all has left that was written."""
        self._end(self.writer.close)

    def drop(self):
        """End the connection at once: the peer may have stopped reading."""
        self._end(self.writer.transport.abort)

    def _end(self, how):
        try:
            how()
        except RuntimeError:
            pass  # its event loop has ended, and the connection with it

    def __await__(self):
        return self._read().__await__()

    async def _read(self):
        if not self._data:
            self._data = await self._reader.read(1024)
            self._ended = not self._data

    def readinto(self, view):
        """Read what there is into `view`. Returns the number of bytes, 0 at the end of the stream, None where there
        is nothing yet."""
        data = self._data[: len(view)]
        self._data = self._data[len(view) :]
        view[: len(data)] = data
        return len(data) or (0 if self._ended or self._reader.at_eof() else None)

    def write(self, data, at: int = 0, n: "int | None" = None):
        """Send `n` bytes of `data`, all where it is None, from `at` on. Returns their number; None while the system
        has not taken the ones before. Raises OSError where the connection has ended."""
        transport = self.writer.transport
        if transport.is_closing():
            raise OSError(ECONNRESET, "the connection has ended")
        if transport.get_write_buffer_size():
            return None
        piece = bytes(data if n is None else memoryview(data)[at : at + n])
        self.writer.write(piece)
        return len(piece)


def load_cert_chain(context, *pair):
    """What `trust.load_cert_chain` does."""
    from .pem_files import load

    load(context, *pair)


async def getaddrinfo(host: str, port: int) -> list:
    """The addresses of a name, as socket.getaddrinfo returns them."""
    return await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)


async def connect(address, context, name) -> Stream:
    """Connect to one of them, with TLS if there is a `context`, which verifies the server's `name`."""
    return Stream(
        *await asyncio.open_connection(
            address[4][0],
            address[4][1],
            family=address[0],
            proto=address[2],
            ssl=context,
            server_hostname=name,
        )
    )


async def writable(stream: Stream):
    """Wait until the stream takes more."""
    await stream.writer.drain()
    while stream.writer.transport.get_write_buffer_size():  # a last byte, which nobody waits for
        await asyncio.sleep(0.01)


async def send(stream: Stream, data):
    """Write all of `data`, and wait until it has been taken."""
    while data:
        n = stream.write(data)
        if n:
            data = data[n:]
        await writable(stream)


def event_loop():
    """What tells one event loop from the next; None where none runs."""
    return asyncio._get_running_loop()
