"""The simulated network: names, addresses, and connections whose bytes take their time, or never arrive."""

from .chance import Chance
from .clock import clock

EAGAIN = 11
EPIPE = 32
ECONNRESET = 104
ETIMEDOUT = 110
ECONNREFUSED = 111
EINPROGRESS = 115

_OS_GIVES_UP_MS = 127000  # on an address that does not answer, as Linux


class Pipe:
    """One direction of a connection. `land(data, sent)` is called with what has arrived, and when that was sent."""

    def __init__(self, network, land):
        self.network = network
        self.land = land
        self.latency = network.chance.between(*network.latency)
        self.window = network.chance.choice(network.windows)
        self.held = 0  # bytes that were sent and not read
        self.hung = None  # what does not arrive, while nothing does
        self.fuse = None  # so many bytes pass until `blow` is called
        self.blow = None
        self.open = True
        self._last = 0  # when the last piece arrives

    def room(self):
        """How many bytes can be sent now."""
        return max(0, self.window - self.held) if self.open else 0

    def send(self, data):
        """Send. Returns how much was taken."""
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
        """Call when all that was sent has arrived."""
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
        """From now on nothing arrives."""
        if self.hung is None:
            self.hung = []

    def heal(self):
        """It does again, and what was lost on the way is repeated, as TCP does: what comes meanwhile waits behind it."""
        self.fuse = None
        if self.hung is not None:
            clock.at(self.latency, self._release)

    def _release(self):
        kept, self.hung = self.hung, None
        for call, arguments in kept or ():
            self._pass(call, arguments)


class Connection:
    """A TCP connection of the client's. The server's side has `received(data, sent)` and `ended()`."""

    def __init__(self, network, server):
        self.network = network
        self.up = Pipe(network, self._to_server)
        self.down = Pipe(network, self._to_client)
        self.down.window = 1 << 24  # the server's own memory
        self.inbox = bytearray()
        self.since = self.heard = clock.now  # when the client began to open it, when something last came to it
        self.unread = []  # what the server has not read, while it reads nothing
        self.reads = True
        self.over = False  # the server has closed
        self.broken = False  # the server has sent what is no MQTT
        self.eof = False
        self.error = 0
        self.is_open = True
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
        """Up to n bytes; None where there is none yet, b"" at the end."""
        if self.inbox:
            data = bytes(self.inbox[:n])
            self.inbox = self.inbox[n:]
            return data
        return b"" if self.eof else None

    def close(self):
        """The client closes."""
        if self.is_open:
            self.is_open = False
            self.up.end(self._over)
            self.network.connections.remove(self)

    def _over(self):
        self.down.open = False
        self.server.ended()

    # The server's side

    def send(self, data):
        """The server sends."""
        self.down.send(data)

    def finish(self):
        """The server closes, after what it has sent."""
        if not self.over:
            self.over = True
            self.down.end(self._finished)
            self.server.ended()

    def _finished(self):
        self.eof = True

    def reset(self):
        """Both sides lose the connection at once."""
        self.over = True
        self.error = ECONNRESET
        self.up.open = self.down.open = False
        self.server.ended()

    def vanish(self):
        """The server has lost it, the client does not know."""
        self.over = True
        self.up.hang()
        self.down.hang()
        self.server.ended()

    def stop_reading(self):
        """The server reads no more, and keeps the connection."""
        self.reads = False

    def heal(self):
        """It works again."""
        self.up.heal()
        self.down.heal()
        if not self.reads:
            self.reads = True
            unread, self.unread = self.unread, []
            for data, sent in unread:
                self._to_server(data, sent)


class Network:
    """`servers`: what answers at an address, a function of a Connection; one that is not there refuses."""

    def __init__(self):
        self.reset(0)

    def reset(self, seed):
        """Begin anew, with a network that works."""
        self.chance = Chance(seed, "network")
        self.latency = (5, 40)
        self.windows = (1 << 16,)
        self.pieces = False
        self.names = {}  # name -> addresses
        self.servers = {}  # (address, port) -> function of a Connection
        self.datagrams = {}  # (address, port) -> function of bytes that returns bytes or None
        self.dead = set()  # addresses that do not answer
        self.no_names = None  # None, "refused" or "silent": the name server
        self.connections = []
        self.lookups = {}  # name -> when it was asked for
        self.looked_up = None  # called with a name
        self.starve = 0  # so many allocations on, one fails
        self.starved = -(1 << 40)  # when one has

    def fail_import(self, fails=True):
        """Let the next import run out of memory, or not: set by what stands in for an interpreter."""

    def allocate(self):
        """What stands in for the system allocates: raises MemoryError where the world says so."""
        if self.starve:
            self.starve -= 1
            if not self.starve:
                self.starved = clock.now
                raise MemoryError("memory allocation failed, simulated")

    def look_up(self, name):
        """Returns (ms that it takes, addresses); no addresses where that fails."""
        if self.looked_up:
            self.looked_up(name)
        if name and name[0].isdigit():
            return 0, [name]
        if self.no_names == "silent":
            return 5000, []
        if self.no_names or name not in self.names:
            return self.chance.between(1, 20), []
        return self.chance.between(1, 60), self.names[name]

    def open(self, address, done):
        """Open a connection; `done(connection, error)` is called when that has worked or not."""
        latency = self.chance.between(*self.latency)
        if address[0] in self.dead:
            clock.at(_OS_GIVES_UP_MS, done, None, ETIMEDOUT)
            return
        clock.at(2 * latency, self._open, address, done, clock.now)

    def _open(self, address, done, since):
        server = self.servers.get((address[0], address[1]))
        if address[0] in self.dead:
            clock.at(_OS_GIVES_UP_MS, done, None, ETIMEDOUT)
        elif server is None:
            done(None, ECONNREFUSED)
        else:
            connection = Connection(self, server)
            connection.since = since
            self.connections.append(connection)
            done(connection, 0)

    def drop(self):
        """The program has made new clients: the system closes what the old ones had."""
        for connection in list(self.connections):
            connection.close()

    def heal(self):
        """From now on everything works, but for addresses that stay dead."""
        self.no_names = None
        self.starve = 0
        self.fail_import(False)
        for connection in self.connections:
            connection.heal()


network = Network()  # the only one, as the clock
