"""The simulated network: names, addresses, and connections whose bytes arrive late or never."""

from .chance import Chance
from .clock import clock

EAGAIN = 11
EPIPE = 32
EADDRINUSE = 98
ECONNRESET = 104
ETIMEDOUT = 110
ECONNREFUSED = 111
EINPROGRESS = 115

_OS_GIVES_UP_MS = 127000  # on an address that does not answer, like Linux


class Pipe:
    """One direction of a connection. It calls `land(data, sent)` with arrived data and the time when they were sent."""

    def __init__(self, network, land):
        self.network = network
        self.land = land
        self.latency = network.chance.between(*network.latency)
        self.window = network.chance.choice(network.windows)
        self.held = 0  # bytes that were sent but not read
        self.hung = None  # while nothing arrives: what waits
        self.fuse = None  # number of bytes that pass before `blow` is called
        self.blow = None
        self.open = True
        self._last = 0  # when the last piece arrives

    def room(self):
        """Return how many bytes can be sent now."""
        return max(0, self.window - self.held) if self.open else 0

    def send(self, data):
        """Send bytes and return how many were taken."""
        n = min(len(data), self.room())
        if n:
            self.held += n
            data = bytes(data[:n])
            if self.fuse is not None and n >= self.fuse:
                self._fly(data[: self.fuse])
                data = data[self.fuse :]
                self.fuse = None
                self._at(self.blow, ())
            elif self.fuse is not None:
                self.fuse -= n
            self._fly(data)
        return n

    def end(self, call):
        """Call `call` when everything sent has arrived."""
        self._at(call, ())

    def _fly(self, data):
        chance = self.network.chance
        while data:
            n = len(data)
            if self.network.pieces and n > 1 and chance.one_in(3):
                n = chance.between(1, n - 1)
            self._at(self._arrive, (data[:n], clock.now))
            data = data[n:]

    def _at(self, call, arguments):
        when = max(clock.now + self.latency, self._last)
        if self.network.pieces:
            when += self.network.chance.below(8)
        self._last = when
        clock.at(when - clock.now, self._pass, call, arguments)

    def _pass(self, call, arguments):
        if self.hung is not None:
            self.hung.append((call, arguments))
        elif self.open:
            call(*arguments)

    def _arrive(self, data, sent):
        self.land(data, sent)

    def hang(self):
        """Let nothing arrive from now on."""
        if self.hung is None:
            self.hung = []

    def heal(self):
        """Let it arrive again. As in TCP, lost data are repeated, and data that come meanwhile wait behind them."""
        self.fuse = None
        if self.hung is not None:
            clock.at(self.latency, self._release)

    def _release(self):
        if self.network.way and not self.network.way():
            return
        kept, self.hung = self.hung, None
        for call, arguments in kept or ():
            self._pass(call, arguments)


class Connection:
    """A TCP connection of the client. The server's side has `received(data, sent)` and `ended()`."""

    def __init__(self, network, server):
        self.network = network
        self.up = Pipe(network, self._to_server)
        self.down = Pipe(network, self._to_client)
        self.down.window = 1 << 24  # the server has enough memory
        self.inbox = bytearray()
        self.since = self.heard = clock.now  # when the client began to open it and when it last received something
        self.unread = []  # while the server reads nothing: what has come
        self.reads = True
        self.over = False  # the server has closed
        self.broken = False  # the server has sent what is not MQTT
        self.eof = False
        self.error = 0
        self.is_open = True
        self.local = False  # it does not pass the board's interface to the outside
        self.server = server(self)

    def _to_server(self, data, sent):
        if self.over:
            self.error = ECONNRESET
        elif self.reads:
            self.up.held -= len(data)
            self.server.received(data, sent)
        else:
            self.unread.append((data, sent))

    def _to_client(self, data, sent):
        self.heard = clock.now
        self.inbox += data

    # The client's side

    def read(self, n):
        """Return up to n bytes, None if there are none yet, b"" at the end."""
        if self.inbox:
            data = bytes(self.inbox[:n])
            self.inbox = self.inbox[n:]
            return data
        return b"" if self.eof else None

    def close(self):
        """Close the client's side."""
        if self.is_open:
            self.is_open = False
            self.up.end(self._over)
            self.network.connections.remove(self)

    def _over(self):
        self.down.open = False
        self.server.ended()

    # The server's side

    def send(self, data):
        """Send from the server."""
        self.down.send(data)

    def finish(self):
        """Close the server's side, after what it has sent."""
        if not self.over:
            self.over = True
            self.down.end(self._finished)
            self.server.ended()

    def _finished(self):
        self.eof = True

    def reset(self):
        """Make both sides lose the connection at once."""
        self.over = True
        self.error = ECONNRESET
        self.up.open = self.down.open = False
        self.server.ended()

    def vanish(self):
        """Make the server lose the connection without the client knowing."""
        self.over = True
        self.up.hang()
        self.down.hang()
        self.server.ended()

    def stop_reading(self):
        """Make the server stop reading but keep the connection."""
        self.reads = False

    def heal(self):
        """Make it work again."""
        self.up.heal()
        self.down.heal()
        if not self.reads:
            self.reads = True
            unread, self.unread = self.unread, []
            for data, sent in unread:
                self._to_server(data, sent)


class Network:
    """`servers`: {address: function of a Connection, which answers there}. Other addresses refuse connections."""

    def __init__(self):
        self.reset(0)

    def reset(self, seed):
        """Start again with a network that works."""
        self.chance = Chance(seed, "network")
        self.latency = (5, 40)
        self.windows = (1 << 16,)
        self.pieces = False
        self.names = {}  # name -> addresses
        self.servers = {}  # (address, port) -> function of a Connection
        self.datagrams = {}  # (address, port) -> function of bytes that returns bytes or None
        self.dead = set()  # addresses that do not answer
        self.no_names = None  # None, "refused" or "silent": the name server
        self.silence = 5000  # ms that looking up a name takes if there is no answer
        self.connections = []
        self.bound = {}  # (address, port, type) -> the program's socket
        self.lookups = {}  # name -> when it was looked up
        self.looked_up = None  # called with each name
        self.way = None  # a function that returns whether the board's interface carries anything; None: it always does
        self.starve = 0  # after so many allocations one fails
        self.starved = -(1 << 40)  # when one has failed

    def fail_import(self, fails=True):
        """Make the next import run out of memory, or not. The interpreter's stand-in replaces this."""

    def allocate(self):
        """Allocate as the system would. Raises MemoryError if the world says so."""
        if self.starve:
            self.starve -= 1
            if not self.starve:
                self.starved = clock.now
                raise MemoryError("memory allocation failed, simulated")

    def look_up(self, name):
        """Return (ms that it takes, addresses). There are no addresses if it fails."""
        if self.looked_up:
            self.looked_up(name)
        if name and name[0].isdigit():
            return 0, [name]
        if self.way and not self.way():
            return self.silence, []
        if self.no_names == "silent":
            return self.silence, []
        if self.no_names or name not in self.names:
            return self.chance.between(1, 20), []
        return self.chance.between(1, 60), self.names[name]

    def open(self, address, done):
        """Open a connection and call `done(connection, error)` when that has succeeded or failed."""
        latency = self.chance.between(*self.latency)
        if address[0] in self.dead or self.way and not self.way():
            clock.at(_OS_GIVES_UP_MS, done, None, ETIMEDOUT)
            return
        clock.at(2 * latency, self._open, address, done, clock.now)

    def _open(self, address, done, since):
        server = self.servers.get((address[0], address[1]))
        if address[0] in self.dead or self.way and not self.way():
            clock.at(_OS_GIVES_UP_MS, done, None, ETIMEDOUT)
        elif server is None:
            done(None, ECONNREFUSED)
        else:
            connection = Connection(self, server)
            connection.since = since
            self.connections.append(connection)
            done(connection, 0)

    def drop(self):
        """Close the old clients' connections, as the system does when the program has made new ones."""
        for connection in list(self.connections):
            connection.close()

    def abandon(self):
        """Let all connections end without a word, as a reset does."""
        for connection in self.connections:
            connection.up.hang()
            connection.down.hang()
            connection.is_open = False
        self.connections = []
        self.bound = {}

    def visit(self, address, visit):
        """Open a connection from outside to the program's socket at `address`. `visit` has `received` and `ended`, as a
        server. Return the Connection, or None if nothing listens there."""
        listening = self.bound.get((address[0], address[1], 1))
        if listening is None:
            return None
        connection = Connection(self, lambda connection: visit)
        connection.local = True
        if not listening.visited(connection):
            return None
        self.connections.append(connection)
        return connection

    def heal(self):
        """Make everything work from now on, except addresses that stay dead."""
        self.no_names = None
        self.starve = 0
        self.fail_import(False)
        for connection in self.connections:
            connection.heal()


network = Network()  # the only one, like the clock
