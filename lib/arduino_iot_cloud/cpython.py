"""Functions and classes that only MicroPython has, under the same names for CPython. Not installed on a board."""

import asyncio
from errno import ECONNRESET
from socket import SOCK_STREAM
from time import monotonic


def const(value):
    """Return the value: only MicroPython's compiler replaces the name with it."""
    return value


def ticks_ms() -> int:
    """Return the monotonic clock in ms, modulo 2**30 as on a 32-bit board."""
    return int(monotonic() * 1000) & 0x3FFFFFFF


def ticks_add(ticks: int, delta: int) -> int:
    """Return the tick that is `delta` ms after `ticks`."""
    return (ticks + delta) & 0x3FFFFFFF


def ticks_diff(end: int, start: int) -> int:
    """Return the ms from `start` to `end`: correct up to 2**29 ms in either direction."""
    return ((end - start + 0x20000000) & 0x3FFFFFFF) - 0x20000000


class Alarm:
    """A sleep that `set` ends early. One task may wait for it, in one event loop after the other."""

    task = None  # the future that `set` resolves
    _is_set = False

    def set(self):
        """Wake the waiting task, or let the next wait return at once."""
        self._is_set = True
        if self.task is not None and not self.task.done() and not self.task.get_loop().is_closed():
            self.task.set_result(None)

    async def wait(self, ticks: int):
        """Sleep until `set`, for at most `ticks` ms."""
        if not self._is_set:
            self.task = asyncio.get_running_loop().create_future()
            await asyncio.wait((self.task,), timeout=ticks / 1000)
            self.task = None
        else:
            await asyncio.sleep(0)
        self._is_set = False


class Stream:
    """The two streams of asyncio as one. Await it to wait until it can be read."""

    def __init__(self, reader, writer):
        self._reader = reader
        self.writer = writer
        self._data = b""
        self._ended = False
        self._loop = asyncio.get_running_loop()
        # With these limits `writable` waits until the system has everything. TLS pauses at the limit, TCP beyond it.
        writer.transport.set_write_buffer_limits(1 if writer.get_extra_info("sslcontext") else 0, 0)

    def opened(self):
        """Note that the handshake is done: for MicroPython's stream."""

    @property
    def stale(self) -> bool:
        """Whether it was opened in another event loop, and so cannot be used in this one."""
        return self._loop is not asyncio.get_running_loop()

    def close(self):
        """Close the connection once everything that was written has left."""
        self._end(self.writer.close)

    def drop(self):
        """Close the connection at once, since the peer may have stopped reading."""
        self._end(self.writer.transport.abort)

    def _end(self, how):
        try:
            how()
        except RuntimeError:
            pass  # its event loop has ended, and so has the connection

    def __await__(self):
        return self._read().__await__()

    async def _read(self):
        if not self._data:
            self._data = await self._reader.read(1024)
            self._ended = not self._data

    def readinto(self, view):
        """Read into `view` without waiting. Returns the number of bytes, 0 at the end of the stream, None if there
        are none yet."""
        data = self._data[: len(view)]
        self._data = self._data[len(view) :]
        view[: len(data)] = data
        return len(data) or (0 if self._ended or self._reader.at_eof() else None)

    def write(self, data, at: int = 0, n: "int | None" = None):
        """Send `n` bytes of `data` from `at` on, or all if `n` is None. Returns their number, or None while the system
        has not taken the earlier ones. Raises OSError if the connection has ended."""
        transport = self.writer.transport
        if transport.is_closing():
            raise OSError(ECONNRESET, "the connection has ended")
        if transport.get_write_buffer_size():
            return None
        piece = bytes(data if n is None else memoryview(data)[at : at + n])
        self.writer.write(piece)
        return len(piece)


def load_cert_chain(context, *pair):
    """Load a certificate and its key into a TLS context: the part of `trust.load_cert_chain` for CPython."""
    from .pem_files import load

    load(context, *pair)


async def getaddrinfo(host: str, port: int) -> list:
    """Return the addresses of a name, as socket.getaddrinfo does."""
    return await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)


async def connect(address, context, name) -> Stream:
    """Connect to an address of `getaddrinfo`; with TLS if there is a `context`, which verifies the server's `name`."""
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
    """Wait until the stream accepts more data."""
    await stream.writer.drain()
    while stream.writer.transport.get_write_buffer_size():  # a last byte, for which drain() does not wait
        await asyncio.sleep(0.01)


async def send(stream: Stream, data):
    """Write all of `data`, and wait until the system has taken it."""
    while data:
        n = stream.write(data)
        if n:
            data = data[n:]
        await writable(stream)


def event_loop():
    """Return an object that identifies the running event loop, None if none runs."""
    return asyncio._get_running_loop()
