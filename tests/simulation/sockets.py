"""The client's sockets on the simulated network, with the methods of both interpreters."""

import sys

from .clock import clock
from .network import EADDRINUSE, EAGAIN, EINPROGRESS, EPIPE, ETIMEDOUT, network

MICROPYTHON = sys.implementation.name == "micropython"
POLLIN = 1
POLLOUT = 4
POLLERR = 8
POLLHUP = 16
STREAM = 1
DATAGRAM = 2

_number = [1000000]  # of the last file, higher than the system's


def trouble(code):
    """Return the exception for an error of the system."""
    return OSError(code) if MICROPYTHON else OSError(code, "simulated error %d" % code)


class Socket:
    """A socket on the simulated network, for streams or datagrams."""

    def __init__(self, family=2, type=STREAM, proto=0, fileno=None):
        network.allocate()
        _number[0] += 1
        self._fileno = _number[0]
        self.family = family
        self.type = type
        self.proto = proto
        self.connection = None
        self._error = 0  # the result of connecting
        self._pending = False
        self._closed = False
        self._blocking = True
        self._timeout = None
        self._datagrams = []
        self._peer = None
        self._bound = None
        self._visits = None  # while it listens: connections to accept

    # Properties

    def fileno(self):
        return -1 if self._closed else self._fileno

    def setblocking(self, blocking):
        self._blocking = blocking
        self._timeout = None

    def settimeout(self, seconds):
        self._blocking = seconds is None or seconds > 0
        self._timeout = seconds

    def gettimeout(self):
        return self._timeout if self._blocking else 0.0

    def setsockopt(self, *arguments):
        pass

    def getsockopt(self, level, option, size=0):
        error, self._error = self._error, 0
        return error

    def getsockname(self):
        return ("10.0.0.1", self._fileno % 60000)

    def getpeername(self):
        if not self._peer:
            raise trouble(107)
        return self._peer

    def ready(self):
        """Return the events for which a poll would return now."""
        if self.type == DATAGRAM:
            return POLLOUT | (POLLIN if self._datagrams else 0)
        if self._visits is not None:
            return POLLIN if self._visits else 0
        if self._pending:
            return 0
        connection = self.connection
        if self._error or connection is None or connection.error:
            return POLLERR | POLLHUP | POLLIN | POLLOUT
        return (POLLIN if connection.inbox or connection.eof else 0) | (POLLOUT if connection.up.room() else 0)

    # Serving

    def bind(self, address):
        key = (address[0], address[1], self.type)
        if key in network.bound:
            raise trouble(EADDRINUSE)
        network.bound[key] = self
        self._bound = key

    def listen(self, backlog=5):
        self._visits = []
        self._backlog = backlog

    def visited(self, connection):
        """Queue a connection from outside. Return whether there is room."""
        if self._closed or self._visits is None or len(self._visits) >= self._backlog:
            return False
        self._visits.append(connection)
        return True

    def accept(self):
        if self._closed:
            raise trouble(9)
        if not self._visits:
            raise trouble(EAGAIN)
        s = type(self)()
        s.connection = self._visits.pop(0)
        s._peer = ("192.168.4.16", 50000)
        return s, s._peer

    def asked(self, data, answered):
        """Take a datagram from outside. `answered` is called with the answer."""
        self._datagrams.append((data, answered))

    def recvfrom(self, n):
        if not self._datagrams:
            raise trouble(EAGAIN)
        data, answered = self._datagrams.pop(0)
        return data[:n], answered

    def sendto(self, data, sender):
        clock.at(20, sender, bytes(data))
        return len(data)

    # Connecting

    def connect(self, address):
        network.allocate()
        self._peer = (address[0], address[1])
        if self.type == DATAGRAM:
            return
        self._pending = True
        network.open(self._peer, self._connected)
        if not self._blocking:
            raise trouble(EINPROGRESS)
        clock.may_block or clock.fail("the client connects without a time limit")
        while self._pending:
            clock.wait(None, self._settled)
        if self._error:
            raise trouble(self._error)

    def connect_ex(self, address):
        try:
            self.connect(address)
        except OSError as error:
            return error.args[0]
        return 0

    def _settled(self):
        return not self._pending

    def _connected(self, connection, error):
        self._pending = False
        self.connection = connection
        self._error = error
        if self._closed and connection:
            connection.close()

    def _usable(self):
        if self._closed:
            raise trouble(9)
        if self._error:
            error, self._error = self._error, EPIPE
            raise trouble(error)
        if self._pending or self.connection is None:
            raise trouble(107)
        if self.connection.error:
            raise trouble(self.connection.error)
        return self.connection

    # Reading and writing. The methods differ in how they say "nothing yet"

    def _read(self, n):
        network.allocate()
        data = self._usable().read(n)
        if data is None and self._blocking:
            self._block()
            data = self._usable().read(n)
        return data

    def _block(self):
        if not clock.may_block:
            clock.fail("the client waits for a socket beside the event loop")
        before = clock.now
        limit = None if self._timeout is None else int(self._timeout * 1000)
        found = clock.wait(limit, self._readable)
        clock._count(clock.now - before)
        if not found:
            raise trouble(ETIMEDOUT)

    def _readable(self):
        return self.ready() & ~POLLOUT

    def read(self, n=-1):
        return self._read(1 << 20 if n < 0 else n)

    def readinto(self, view, n=None):
        data = self._read(len(view) if n is None else n)
        if data is None:
            return None
        view[: len(data)] = data
        return len(data)

    def write(self, data, *part):
        # As in MicroPython's streams, `part` is empty, (bytes,) or (offset, bytes).
        network.allocate()
        connection = self._usable()
        data = memoryview(data)
        if part:
            data = data[: part[0]] if len(part) == 1 else data[part[0] : part[0] + part[1]]
        sent = connection.up.send(data)
        return sent or (None if len(data) else 0)

    def recv(self, n, flags=0):
        if self.type == DATAGRAM:
            if not self._datagrams and self._blocking:
                self._block()
            if not self._datagrams:
                raise trouble(EAGAIN)
            return self._datagrams.pop(0)[:n]
        data = self._read(n)
        if data is None:
            raise trouble(EAGAIN)
        return data

    def recv_into(self, view, n=0, flags=0):
        data = self.recv(n or len(view))
        memoryview(view)[: len(data)] = data
        return len(data)

    def send(self, data, flags=0):
        if self.type == DATAGRAM:
            clock.at(network.chance.between(*network.latency), self._answer, bytes(data))
            return len(data)
        sent = self.write(data)
        if sent is None:
            raise trouble(EAGAIN)
        return sent

    def sendall(self, data, flags=0):
        while data:
            data = data[self.send(data) :]

    def _answer(self, data):
        server = network.datagrams.get(self._peer)
        lost = self._peer[0] in network.dead or network.way and not network.way()
        answer = server and not lost and server(data)
        if answer:
            clock.at(network.chance.between(*network.latency), self._datagrams.append, answer)

    def shutdown(self, how):
        if self.connection:
            self.connection.close()

    def close(self):
        if not self._closed:
            self._closed = True
            if self._bound:
                network.bound.pop(self._bound, None)
            for connection in [self.connection] + (self._visits or []):
                if connection:
                    connection.close()

    def detach(self):
        return self._fileno

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


class Poll:
    """select.poll, which lets time pass. It takes asyncio's flags as well as sockets."""

    def __init__(self):
        self.wanted = []  # [stream, events]
        self._found = []

    def register(self, stream, events=POLLIN | POLLOUT):
        for entry in self.wanted:
            if entry[0] is stream:
                entry[1] = events
                return
        self.wanted.append([stream, events])

    modify = register

    def unregister(self, stream):
        for i in range(len(self.wanted)):
            if self.wanted[i][0] is stream:
                del self.wanted[i]
                return
        raise KeyError(stream)

    def _ready(self):
        found = self._found
        found.clear()
        for stream, events in self.wanted:
            if isinstance(stream, Socket):
                ready = stream.ready() & (events | POLLERR | POLLHUP)
            else:
                ready = stream.ioctl(3, events)
            if ready:
                found.append((stream, ready))
        return found

    def poll(self, ms=-1, flags=0):
        return list(clock.wait(None if ms < 0 else ms, self._ready))

    ipoll = poll


def addresses(name, port, type=STREAM):
    """Return what getaddrinfo returns, and the time it takes: (ms, list). The list is empty if it fails."""
    network.allocate()
    ms, found = network.look_up(name)
    return ms, [(2, type or STREAM, 6 if type == STREAM else 17, "", (address, port)) for address in found]
