"""Functions and classes of MicroPython that sync mode needs, under the same names for CPython. Not installed on a
board.
"""

import selectors
from time import sleep
from weakref import finalize

from ..mqtt_packets import connect, field, packet

POLLIN = selectors.EVENT_READ
POLLOUT = selectors.EVENT_WRITE


def sleep_ms(ms: int):
    """Sleep for `ms` ms."""
    sleep(ms / 1000)


class poll:
    """A select.poll for one stream at a time, since not every system has that."""

    def register(self, stream, mask: int):
        """Wait for this stream from now on."""
        self._stream = stream
        self._mask = mask

    def unregister(self, stream):
        """Stop waiting for this stream: does nothing here."""

    def poll(self, ms: int) -> list:
        """Wait for at most `ms` ms. Returns an empty list if nothing has happened."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._stream.fileno(), getattr(self._stream, "wants", 0) or self._mask)
            return selector.select(ms / 1000)


class Stream:
    """A non-blocking socket whose `read` and `write` return None if they would have to wait.

    `tls`: it is a socket of the module ssl. The first read or write then does the handshake.
    """

    wants = 0  # what TLS waits for, regardless of the mask

    def __init__(self, sock, tls: bool):
        self._sock = sock
        self._waits: tuple = ((BlockingIOError, 0),)
        self._shaken = not tls
        self.close = sock.close
        self.fileno = sock.fileno
        if tls:
            import ssl

            self._waits = ((ssl.SSLWantReadError, POLLIN), (ssl.SSLWantWriteError, POLLOUT))

    def read(self, n: int):
        """Read up to `n` bytes. Returns b"" at the end of the stream."""
        return self._try(self._sock.recv, n)

    def write(self, data):
        """Send as much of `data` as possible at once. Returns the number of bytes."""
        return self._try(self._sock.send, data)

    def _try(self, call, argument):
        self.wants = 0
        try:
            if not self._shaken:
                self._sock.do_handshake()
                self._shaken = True
            return call(argument)
        except OSError as error:
            for kind, wants in self._waits:
                if isinstance(error, kind):
                    self.wants = wants
                    return None
            raise


class MQTTException(Exception):
    """The server refused the connection. `args`: the return code (int)."""


class MQTTClient:
    """The part of umqtt.simple's class that sync mode uses, with the same names and results."""

    pid = 0

    def __init__(self, client_id, server, port, user, password, keepalive):
        self.server = server
        self.port = port
        self._connect = connect(client_id, user, password, keepalive)
        finalize(self, self._link.leave)  # in case the program ends, or drops the client, without `stop`

    def set_callback(self, callback):
        """Call `callback(topic, payload)` for each message."""
        self._callback = callback

    def connect(self):
        """Connect and log in."""
        self.sock.connect(None)
        self.sock.write(self._connect)
        answer = self.sock.read(4)
        if answer[:2] != b"\x20\x02":
            raise AssertionError("no CONNACK")
        if answer[3]:
            raise MQTTException(answer[3])

    def ping(self):
        """Send a PINGREQ."""
        self.sock.write(b"\xc0\x00")

    def publish(self, topic, payload, retain=False, qos=0):
        """Send a PUBLISH. With QoS 1, wait for its PUBACK."""
        body = field(topic)
        if qos:
            self.pid += 1
            body += self.pid.to_bytes(2, "big")
        self.sock.write(packet(0x30 | qos << 1 | retain, body + payload))
        while qos:
            if self.wait_msg() == 0x40:
                if self.sock.read(1) != b"\x02":
                    raise AssertionError("no PUBACK")
                if int.from_bytes(self.sock.read(2), "big") == self.pid:
                    return

    def check_msg(self):
        """Handle the next packet, if there is one."""
        self.sock.setblocking(False)
        return self.wait_msg()

    def wait_msg(self):
        """Wait for the next packet. Handle a message or a PINGRESP and return None; return the first byte of others."""
        first = self.sock.read(1)
        self.sock.setblocking(True)
        if first is None:
            return None
        first = first[0]
        if first == 0xD0:
            if self.sock.read(1) != b"\0":
                raise AssertionError("no PINGRESP")
            return None
        if first >> 4 != 3:
            return first
        n = self._length() - 2
        topic = int.from_bytes(self.sock.read(2), "big")
        n -= topic
        topic = self.sock.read(topic)
        identifier = None
        if first & 6:
            identifier = self.sock.read(2)
            n -= 2
        self._callback(topic, self.sock.read(n))
        if first & 4:
            raise AssertionError("QoS 2 was not asked for")
        if identifier:
            self.sock.write(b"\x40\x02" + identifier)
        return None

    def _length(self):
        n = shift = 0
        while True:
            b = self.sock.read(1)[0]
            n |= (b & 127) << shift
            if b < 128:
                return n
            shift += 7
