"""A phone that opens the board's set-up page, with the habits of browsers, and enters a network."""

from ..clock import clock
from ..network import network

# The page opens within this time (docs/wifi.md), whatever else the phone has opened.
OPENS_MS = 3000
_AGAIN_MS = 5000
_STORED_MS = 45000  # for the answer to what was entered: the program's `save` may take its time


class _Visit:
    """One connection. It sends `data`; `done` is called with the whole answer at its end."""

    def __init__(self, data, done):
        self.data = data
        self.done = done
        self.answer = b""
        self.over = False
        self.client_id = None
        self.keepalive = 0
        self.began = clock.now

    def open(self, address):
        """Connect, and send after a while. Return whether that was possible."""
        connection = network.visit(address, self)
        if connection and self.data:
            clock.at(30, connection.send, self.data)
        return connection

    def received(self, data, sent):
        """Take a part of the answer."""
        self.answer += data

    def ended(self):
        """Note that the board has closed the connection."""
        if not self.over:
            self.over = True
            if self.done:
                self.done(self.answer)


class Phone:
    """A phone that enters `entered` (a dict) into the page of `world`'s board.

    `happened` is called with the text of the page that follows, once there is one.
    """

    def __init__(self, world, chance, entered, happened):
        self.world = world
        self.chance = chance
        self.entered = entered
        self.happened = happened
        self.over = False
        self._looks = 0  # how often it has begun anew
        self.silent = None  # since when the page is on and answers nothing
        clock.at(1000 * chance.between(2, 20), self._look)

    def _address(self):
        point = self.world.module.access_point
        return (point.address, 80) if point.on and point.sent else None

    def _later(self):
        clock.at(_AGAIN_MS, self._unless, self._looks)

    def _unless(self, looks):
        # Begin anew, unless that has happened meanwhile.
        if looks == self._looks:
            self._look()

    def _look(self):
        if self.over:
            return
        self._looks += 1
        address = self._address()
        if address is None or not self.world.program.in_page:
            self.silent = None
            self._later()
            return
        for _ in range(self.chance.below(7)):  # browsers open connections before they need them
            _Visit(b"", None).open(address)
        if self.chance.one_in(3):
            _Visit(self.chance.bytes(self.chance.wide(1, 600)), None).open(address)
        self._ask(address)
        self._get(address)

    def _ask(self, address):
        # The name server of the page answers every name with its own address.
        socket = network.bound.get((address[0], 53, 2))
        if socket:
            name = b"\x0cconnectivity\x07example\x03com\x00"
            socket.asked(b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + name + b"\x00\x01\x00\x01", self._named)

    def _named(self, answer):
        address = self._address()
        if address and not answer.endswith(bytes([int(part) for part in address[0].split(".")])):
            clock.fail("the name server of the page answers %r" % answer)

    def _get(self, address):
        request = b"GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: a phone\r\n\r\n" % address[0].encode()
        began = clock.now
        boot = self.world.program.generation

        looks = self._looks

        def opened(answer):
            if self.over or looks != self._looks:
                return
            at = answer.find(b'name="token" value="')
            if not answer.startswith(b"HTTP/1.1 200") or at < 0:
                self._later()
                return
            self._in_time(began, boot)
            self._post(address, answer[at + 20 :].partition(b'"')[0])

        if not _Visit(request, opened).open(address):
            self.silent = self.silent or clock.now
            if clock.now - self.silent > OPENS_MS + clock.blocked_since(self.silent) and boot == self._generation():
                clock.fail("the page is on and takes no connection for %d ms" % (clock.now - self.silent))
            self._later()
            return
        self.silent = None
        clock.at(_STORED_MS, self._unless, self._looks)

    def _generation(self):
        return self.world.program.generation

    def _in_time(self, began, boot):
        took = clock.now - began - clock.blocked_since(began)
        if took > OPENS_MS and boot == self._generation():
            clock.fail("the page opens after %d ms" % took)

    def _post(self, address, token):
        fields = dict(self.entered, token=token.decode())
        body = "&".join(["%s=%s" % (name, _quoted(fields[name])) for name in sorted(fields)]).encode()
        head = "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n" % (address[0], len(body))
        boot = self._generation()
        began = clock.now

        looks = self._looks

        def saved(answer):
            if self.over or looks != self._looks:
                return
            if clock.now - began > _STORED_MS and boot == self._generation():
                clock.fail("the answer to what was entered comes after %d ms" % (clock.now - began))
            if not answer and boot == self._generation() and self.world.program.in_page:
                clock.fail("no answer to what was entered")
            self.happened(self, answer)
            if not self.over:
                self._later()

        if not _Visit(head.encode() + body, saved).open(address):
            self._later()
            return
        clock.at(_STORED_MS, self._unless, self._looks)


def _quoted(text):
    return "".join([c if c.isalpha() or c.isdigit() else "%%%02X" % ord(c) for c in text])
