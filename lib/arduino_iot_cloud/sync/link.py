"""The socket that umqtt gets in sync mode, on which every wait is limited, and umqtt on top of it."""

import socket
import sys
from errno import EINPROGRESS, ETIMEDOUT

from ..port import MICROPYTHON, const, ticks_add, ticks_diff, ticks_ms

if MICROPYTHON:
    from select import POLLIN, POLLOUT, poll

    try:
        from umqtt.robust import MQTTClient
        from umqtt.simple import MQTTException
    except ImportError as error:
        raise ImportError("sync_mode=True needs umqtt.simple and umqtt.robust: mip install both (%s)" % error)
else:
    from .cpython import POLLIN, POLLOUT, MQTTClient, MQTTException, Stream, poll  # noqa: F401

_GATHER = const(256)  # bytes: umqtt writes a packet in five pieces
_SHARED_MS = const(10000)  # for all addresses of a name except the last, together
_SKIP = const(128)  # how many unwanted bytes are read at a time
_QUICKACK = const(12)  # TCP_QUICKACK, on Linux


class SyncLink:
    """The socket that umqtt uses. Every wait on it ends at the tick `until` at the latest.

    The real socket never blocks, because umqtt switches its time limits off with each message. The pieces
    that umqtt writes are collected, and sent before the next read or with `flush`. The link records when
    something was sent or received.
    """

    until = 0
    dry = True  # the last non-blocking read found nothing
    broken = False  # umqtt is using the link, or was interrupted meanwhile
    rest = 0  # unread bytes of a topic or payload that is larger than the buffer
    addresses = ()  # where to connect to
    _beneath = None  # the TCP socket under TLS, on systems where it has options to set
    _owes = False  # something was received since `acknowledge`
    _blocking = True
    _head = None  # the last byte that was read alone
    _heads = 0  # how many of those in a row were larger than 127
    _asked = None  # when the PINGREQ was due that has not been answered yet, else None

    def __init__(self, client, tls):
        self._limit = client.buffer
        self._tls = tls
        self._name = tls and (client.ssl_params.get("server_hostname") or client.server)
        self._out = bytearray(_GATHER)
        self._n = 0
        self._sock = None

    def arm(self, ms: int):
        """Limit the waits from now on: they end in `ms` ms."""
        self.until = ticks_add(ticks_ms(), ms)

    # Connecting

    def use(self, sock):
        """Use another socket from now on."""
        self.drop()
        self._sock = sock

    def connect(self, address):
        """Connect to one of `addresses`; all but the last are tried for 10 s together. umqtt's `address` is ignored.

        The TLS handshake is done with the first bytes. None of them leaves before the server is verified.
        """
        until = self.until
        n = len(self.addresses)
        for address in self.addresses:
            n -= 1
            if n:
                self.arm(_SHARED_MS // len(self.addresses))
            try:
                self._open(address)
                break
            except OSError:
                if not n:
                    raise
            finally:
                self.until = until
        sock = self._sock
        if sys.platform == "linux":
            self._beneath = sock
        if self._tls:
            self._poll.unregister(sock)
            self._sock = sock = self._tls.wrap_socket(sock, server_hostname=self._name, do_handshake_on_connect=False)
            sock.setblocking(False)
        if not MICROPYTHON:
            self._beneath = self._beneath and sock
            self._sock = Stream(sock, self._tls is not None)
        self.opened()

    def _open(self, address):
        self.drop()
        self._sock = sock = socket.socket(address[0], address[1], address[2])
        sock.setblocking(False)
        try:
            sock.setsockopt(6, 1, 1)  # TCP_NODELAY, if the port has it
        except (OSError, ValueError, AttributeError):
            pass
        try:
            sock.connect(address[-1])
        except OSError as error:
            if error.args[0] not in (EINPROGRESS, 119, 10035):
                raise
        self._poll = poll()
        self._wait(POLLOUT)
        sock.send(b"")  # raises the error of a failed connection, on some ports

    def opened(self):
        """Note that the server has just answered."""
        self._asked = None
        self.last_tx = self.last_rx = self._answered = ticks_ms()

    # Waiting

    def _wait(self, mask):
        left = ticks_diff(self.until, ticks_ms())
        self._poll.register(self._sock, mask)
        if left <= 0 or not self._poll.poll(left):
            raise OSError(ETIMEDOUT)

    def idle(self, ms: int):
        """Sleep for `ms` ms, or until there is something to read."""
        if self.dry:
            self._poll.register(self._sock, POLLIN)
            self._poll.poll(ms)

    def settimeout(self, seconds):
        """Do nothing: `until` limits the waits instead."""

    def setblocking(self, blocking):
        """Set whether `read` waits. umqtt calls this once it has the first byte of a packet."""
        self._blocking = blocking
        if blocking and self._head is not None and self._head & 0xF0 != 0x30:
            self._answered = self.last_rx
            self._asked = None

    def must_ask(self, now: int, quarter: int) -> bool:
        """Return whether a PINGREQ is due: three quarters of the keepalive after the last output or answer. `quarter`
        is a quarter of the keepalive, in ms.

        Raises OSError if the server is then silent for half the keepalive, or does not answer in three quarters of it,
        although all input has been read: so within 1.5 keepalives of its last sign of life.
        """
        if self._asked is None:
            if max(ticks_diff(now, self.last_tx), ticks_diff(now, self._answered)) < 3 * quarter:
                return False
            self._asked = self.last_rx = now
            return True
        silent = ticks_diff(now, self.last_rx) >= 2 * quarter or ticks_diff(now, self._asked) >= 3 * quarter
        if silent and self.dry:
            raise OSError(ETIMEDOUT)
        return False

    # Writing

    def write(self, data, n=None):
        """Send `data` (its first `n` bytes)."""
        if n is None:
            n = len(data)
        pos = self._n
        if pos + n > _GATHER:
            self.flush()
            if n > _GATHER:
                return self._send(memoryview(data)[:n])
            pos = 0
        self._out[pos : pos + n] = memoryview(data)[:n]
        self._n = pos + n

    def flush(self):
        """Send the collected bytes."""
        n = self._n
        if n:
            self._n = 0
            self._send(memoryview(self._out)[:n])

    def acknowledge(self):
        """Make Linux acknowledge at once what has been read.

        It would wait up to 40 ms for data to send along with that. A broker that collects small packets (Nagle's
        algorithm) would hold the next value back until then.
        """
        if self._owes and self._beneath:
            self._owes = False
            self._beneath.setsockopt(6, _QUICKACK, 1)

    def _send(self, data):
        while data:
            n = self._sock.write(data)
            if n:
                data = data[n:]
                self.last_tx = ticks_ms()
            else:
                self._wait(POLLOUT)

    # Reading

    def read(self, n: int):
        """Read exactly `n` bytes. Returns None if there are none and `read` does not wait. If `n` is more than the
        buffer holds, it returns b"" and sets `rest`: read them with `take`, or the next `read` skips them."""
        self.flush()
        while self.rest:
            self._part(min(self.rest, _SKIP))
        self._head = None
        if n > self._limit:
            self.rest = n
            return b""
        data = b""
        while len(data) < n:
            part = self._some(n - len(data), self._blocking or data)
            if part is None:
                self.dry = True
                return None
            data = data + part if data else part
        self.dry = False
        if n == 1:
            self._look(data[0])
        elif n < 0:
            raise OSError("a malformed packet")
        return data

    def _look(self, byte):
        # Check the first byte of a packet, or one of its length: at most five, of which all but the last may be large.
        self._head = byte
        self._heads = self._heads + 1 if byte > 127 else 0
        if self._heads > 4:
            raise OSError("a malformed packet")

    def take(self, view, pos: int, end: int) -> int:
        """Read bytes of `rest` into `view`, from `pos` on, at most up to `end`. Returns the offset after them."""
        end = min(end, pos + self.rest)
        while pos < end:
            part = self._part(min(end - pos, _SKIP))
            view[pos : pos + len(part)] = part
            pos += len(part)
        return end

    def _part(self, n):
        part = self._some(n, True)
        self.rest -= len(part)
        return part

    def _some(self, n, wait):
        # Read up to `n` bytes. Returns None if there are none and it shall not wait.
        while True:
            part = self._sock.read(n)
            if part:
                self.last_rx = ticks_ms()
                self._owes = True
                return part
            if part is not None:
                raise EOFError  # umqtt does not catch it, unlike OSError
            if not wait:
                return None
            self._wait(POLLIN)

    # Ending

    def close(self):
        """Send the collected bytes, and close."""
        self.flush()
        self.drop()

    def leave(self):
        """Send DISCONNECT, if connected, and close."""
        try:
            if self._sock and not self.broken:
                self.write(b"\xe0\x00")  # DISCONNECT
                self.flush()
        except (OSError, ValueError):
            pass
        self.drop()

    def drop(self):
        """Close, if open."""
        sock = self._sock
        self._beneath = None
        if sock:
            self._sock = None
            sock.close()
        self._n = self.rest = self._heads = 0
        self._blocking = self.dry = True


class MQTT(MQTTClient):
    # umqtt over a SyncLink. umqtt.robust itself would reconnect for ever, with a fixed delay, without asking for
    # the thing or subscribing again, and hide the lost link from `update()`. So of the methods that it intends
    # to be overridden, `log` keeps the error and `reconnect` raises it, and the driver reconnects.

    def __init__(self, client, link, callback):
        self._link = link
        self._host = client.server
        password = _bytes(client.password)
        super().__init__(
            client.device_id.encode(),
            "127.0.0.1",  # umqtt would look up and try only one address: the link gets all of them instead
            client.port,
            _bytes(client.username),
            b"" if password is None else password,
            client.keepalive,
        )
        self.set_callback(callback)

    # Each release of umqtt makes its socket in `connect`, with its own way to TLS and to a time limit.
    # All of them store it in `sock`.
    @property
    def sock(self):
        return self._link

    @sock.setter
    def sock(self, sock):
        if sock and sock is not self._link:
            self._link.use(sock)

    def look_up(self):
        # Look up the addresses of the server.
        self._link.addresses = socket.getaddrinfo(self._host, self.port, 0, socket.SOCK_STREAM)

    def log(self, in_reconnect, error):
        self._error = error

    def reconnect(self):
        raise self._error

    def make_room(self):
        # Older releases count beyond 65535, and then never recognise the acknowledgement.
        if self.pid > 65534:
            self.pid = 0


def _bytes(text):
    return text.encode() if isinstance(text, str) else text
