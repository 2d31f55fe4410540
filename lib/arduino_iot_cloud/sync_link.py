"""What umqtt sees of sync mode: a socket on which no wait is without an end, and umqtt itself on top of it."""

from errno import EINPROGRESS, ETIMEDOUT
from select import POLLIN, POLLOUT, poll

from .port import MICROPYTHON, const, ticks_diff, ticks_ms

if MICROPYTHON:
    try:
        from umqtt.robust import MQTTClient
        from umqtt.simple import MQTTException
    except ImportError as error:
        raise ImportError("sync_mode=True needs umqtt.simple and umqtt.robust: mip install both (%s)" % error)
else:
    MQTTClient = object
    MQTTException = OSError

_GATHER = const(256)  # bytes: umqtt writes a packet in five pieces


class Link:
    """The socket that umqtt sees. Every wait on it ends at the tick `until`, at the latest.

    The real one never blocks: umqtt switches time limits off with each message. What umqtt writes
    piece by piece is gathered, and leaves before the next read or with `flush`.
    """

    until = 0
    dry = True  # the last read that did not block has found nothing
    heard = True  # something has come since this was set to False
    drained = 0  # reads that were too long to be taken
    _blocking = True

    def __init__(self, client, tls):
        self._limit = client.buffer
        self._tls = tls
        self._name = tls and (client.ssl_params.get("server_hostname") or client.server)
        self._out = bytearray(_GATHER)
        self._n = 0
        self._sock = None

    def use(self, sock):
        """Stand for another socket from now on."""
        self.drop()
        self._sock = sock

    def connect(self, address):
        """Connect. The TLS handshake comes with the first bytes, none of which leaves before the server is verified."""
        sock = self._sock
        sock.setblocking(False)
        try:
            sock.connect(address)
        except OSError as error:
            if error.args[0] != EINPROGRESS:
                raise
        self._poll = poll()
        self._wait(POLLOUT)
        try:
            sock.setsockopt(6, 1, 1)  # TCP_NODELAY, where the port has it
        except (OSError, ValueError, AttributeError):
            pass
        if self._tls:
            self._poll.unregister(sock)
            self._sock = sock = self._tls.wrap_socket(sock, server_hostname=self._name, do_handshake_on_connect=False)
            sock.setblocking(False)

    def _wait(self, mask):
        left = ticks_diff(self.until, ticks_ms())
        self._poll.register(self._sock, mask)
        if left <= 0 or not self._poll.poll(left):
            raise OSError(ETIMEDOUT)

    def idle(self, ms):
        """Sleep for so long, or until there is something to read."""
        self._poll.register(self._sock, POLLIN)
        self._poll.poll(ms)

    def settimeout(self, seconds):
        """`until` holds instead."""

    def setblocking(self, blocking):
        """Whether `read` waits."""
        self._blocking = blocking

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
        """Send what was gathered."""
        n = self._n
        if n:
            self._n = 0
            self._send(memoryview(self._out)[:n])

    def _send(self, data):
        while data:
            n = self._sock.write(data)
            if n:
                data = data[n:]
            else:
                self._wait(POLLOUT)
        self.last_tx = ticks_ms()

    def read(self, n):
        """Exactly `n` bytes; None where none has come and `read` does not wait; b"" for those that are too many."""
        self.flush()
        if n > self._limit:
            self.drained += 1
            while n > 0:
                n -= len(self.read(min(n, 128)))
        if n < 0:
            raise OSError("malformed packet")
        data = b""
        while len(data) < n:
            part = self._sock.read(n - len(data))
            if part:
                self.heard = True
                self.last_rx = ticks_ms()
                data = data + part if data else part
            elif part is not None:
                raise EOFError  # which umqtt, unlike OSError, lets through
            elif not self._blocking and not data:
                self.dry = True
                return None
            else:
                self._wait(POLLIN)
        self.dry = False
        return data

    def close(self):
        """Send what was gathered, and close."""
        self.flush()
        self.drop()

    def drop(self):
        """Close, if open."""
        if self._sock:
            self._sock.close()
            self._sock = None
        self._n = 0
        self._blocking = True
        self.last_rx = self.last_tx = ticks_ms()


class MQTT(MQTTClient):
    # umqtt over a Link. umqtt.robust's own way to reconnect is for ever and with a fixed delay, asks for no
    # thing and renews no subscription, and hides from `update()` that there is no link: of the three methods
    # that it means to be replaced, `log` keeps the error and `reconnect` raises it, and the driver reconnects.

    oversized = 0  # for `stats`; the session counts them

    def __init__(self, client, link, callback):
        self._link = link
        password = _bytes(client.password)
        super().__init__(
            client.device_id.encode(),
            client.server,
            client.port,
            _bytes(client.username),
            b"" if password is None else password,
            client.keepalive,
        )
        self.set_callback(callback)

    # Each umqtt makes its socket in `connect` and has a way of its own to TLS and to a time limit;
    # all of them keep it in `sock`.
    @property
    def sock(self):
        return self._link

    @sock.setter
    def sock(self, sock):
        if sock and sock is not self._link:
            self._link.use(sock)

    def log(self, in_reconnect, error):
        self._error = error

    def reconnect(self):
        raise self._error

    def make_room(self):
        # Older releases count on beyond 65535, where the acknowledgement is never recognised.
        if self.pid > 65534:
            self.pid = 0


def _bytes(text):
    return text.encode() if isinstance(text, str) else text
