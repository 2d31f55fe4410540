"""The sync-mode driver: `ArduinoCloudClient(sync_mode=True)`, whose program calls `update()`.

On MicroPython it speaks through micropython-lib's `umqtt.robust` (`mip install umqtt.simple umqtt.robust`), both the
older releases and the current one; on CPython, where umqtt does not run, `stepping` takes its place.

How long `update()` may block: each packet to send waits for its acknowledgement, on a dead link for
half the keepalive (1 to 5 s), after which the link counts as lost; an attempt to connect takes 15 s
at most, the look-up of the server's address aside, which no port can interrupt. Between attempts,
which the back-off keeps apart, `update()` only runs the callbacks.
"""

from errno import EINPROGRESS, ETIMEDOUT
from random import random
from select import POLLIN, POLLOUT, poll

from .cbor import Writer
from .port import MICROPYTHON, const, forget, ticks_add, ticks_diff, ticks_ms, timestamp
from .session import Session

if MICROPYTHON:
    try:
        from umqtt.robust import MQTTClient
        from umqtt.simple import MQTTException
    except ImportError as error:
        raise ImportError("sync_mode=True needs umqtt.simple and umqtt.robust: mip install both (%s)" % error)
else:
    MQTTClient = object
    MQTTException = OSError

_CONNECT_MS = const(15000)  # for TCP, TLS and the CONNACK together
_SLOW_S = const(60)  # between attempts where waiting alone does not help
_BACKOFF_MAX_S = const(32)
_IDLE_MS = const(20)  # how long `start` waits for something to read before it looks at the callbacks again
_GATHER = const(256)  # bytes: umqtt writes a packet in five pieces


class _Link:
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


class _MQTT(MQTTClient):
    # umqtt over a _Link. umqtt.robust's own way to reconnect is for ever and with a fixed delay, asks for no
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


class Driver:
    """Runs one ArduinoCloudClient whenever its program calls `update`."""

    phase = "Init"  # None while the session has the say
    _linked = False  # there is an MQTT connection
    _running = None  # None before the first start
    _inside = False  # `update` is at work
    _fault = None  # what the program did wrong, to raise
    _topic = None  # where the values go that are in the writer and not acknowledged
    _settled = False  # this connection got as far as the last values
    _done = False  # the handshake has just ended
    connections = published = received = 0

    def __init__(self, client, tls):
        self.client = client
        self._link = _Link(client, tls)
        self.mqtt = _MQTT(client, self._link, self._message)
        self.session = session = Session(client.device_id, client.records, client.discovery)
        session.on_value = self._owe
        session.on_event = self._owe
        session.on_sync = self._on_sync
        self._writer = Writer(bytearray(client.buffer))
        self._owed = []  # properties whose `on_write` is to be called, and names of events
        self._patience = min(max(client.keepalive * 500, 1000), 5000) if client.keepalive else 5000

    @property
    def state(self):
        """What `ArduinoCloudClient.state` returns."""
        return self.phase or self.session.state

    def wake(self):
        """A value has changed: the next `update` sees it."""

    def schedule(self):
        """A callback has come: the next `update` sees it."""

    def spawn(self, p, callback, coroutine):
        """A callback of `p` returned a coroutine: have `update` raise TypeError, once for `on_run` and `on_read`."""
        coroutine.close()
        p.busy = True
        self._fault = TypeError("'%s' has a callback that is a coroutine: that needs sync_mode=False" % p.name)

    def start(self, interval, backoff):
        """Connect; returns once values may flow, or after `stop`. The callbacks run meanwhile."""
        self._begin(interval, backoff)
        while self._running and not self.session.ready:
            self.update()
            if self._linked:
                self._link.idle(_IDLE_MS)
            else:
                from time import sleep_ms

                sleep_ms(_IDLE_MS)

    def update(self):
        """Receive, run the callbacks that are due, publish; connect where there is no link and the time has come.

        Raises nothing for trouble with the link: that is reported and healed. Raises TypeError for a callback that
        is a coroutine, and RuntimeError when a callback calls it.
        """
        if self._running is None:
            self._begin(1.0, 2.0)
        if not self._running:
            return
        if self._inside:
            raise RuntimeError("update() is called from one of its own callbacks")
        self._inside = True
        try:
            if self._linked:
                self._attempt(self._receive)
                if self._done:
                    self._done = False
                    forget("answers", "asking", "diagnosis", "messages", "packets", "zone")
            elif ticks_diff(self._retry, ticks_ms()) <= 0:
                self._attempt(self._connect)
            self._call_back()
            self.client.poll(ticks_ms())
            if self._linked:
                self._attempt(self._send)
                self._call_back()
        finally:
            self._inside = False
        if not self._running:
            self._disconnect()
        if self._fault:
            fault = self._fault
            self._fault = None
            raise fault

    def stop(self):
        """Disconnect. `update` then does nothing until the next `start`."""
        self._running = False
        if not self._inside:
            self._disconnect()

    def _begin(self, interval, backoff):
        self._interval = self._delay = interval
        self._backoff = backoff
        self._retry = ticks_ms()
        self._running = True

    def _attempt(self, step):
        # umqtt's own complaints about malformed packets are AssertionError and IndexError.
        try:
            step()
        except (OSError, EOFError, ValueError, AssertionError, IndexError, MQTTException) as error:
            self._lost(error)

    def _lost(self, error):
        from .diagnosis import explain

        self._drop_link()
        if self._settled:
            self._delay = self._interval
        if isinstance(error, MQTTException) and not isinstance(error, OSError):
            from .mqtt import MQTTError

            error = MQTTError("the server refused the connection", error.args[0])
        wait = self._delay * (0.5 + random() / 2) if explain(self.client, error) else _SLOW_S
        self._delay = min(self._delay * self._backoff, _BACKOFF_MAX_S)
        self._retry = ticks_add(ticks_ms(), int(wait * 1000))

    def _drop_link(self):
        self._linked = False
        self.phase = "Disconnect"
        self.session.end()
        self._link.drop()

    def _disconnect(self):
        if self._linked:
            self._arm()
            try:
                self.mqtt.disconnect()
            except (OSError, ValueError):
                pass
            self._drop_link()
            self._call_back()

    def _arm(self):
        # The wait that follows ends in time.
        self._link.until = ticks_add(ticks_ms(), self._patience)

    def _connect(self):
        self._settled = False
        if not timestamp():
            self.phase = "SyncTime"
            self.client.update_systime()
        self.phase = "ConnectMqttBroker"
        self._link.until = ticks_add(ticks_ms(), _CONNECT_MS)
        self.mqtt.connect()
        self._linked = True
        self._pinged = None
        self.connections += 1
        self.session.begin(ticks_ms())
        self.phase = None

    def _receive(self):
        for _ in range(16):
            self._arm()
            self._check(self.mqtt.check_msg())
            if self._link.dry:
                return
            self._call_back()

    @staticmethod
    def _check(kind):
        # Older releases return None for a message, newer ones its first byte.
        if kind and kind & 0xF0 != 0x30:
            raise OSError("unexpected packet")

    def _message(self, topic, payload):
        link = self._link
        self.received += 1
        if link.drained:
            link.drained = 0
            self.session.drop("a message that is larger than the buffer")
            if topic.endswith(b"/c/dw") or topic.endswith(b"/shadow/i"):
                from .oversized import missed

                missed(self.session, ticks_ms())
        else:
            self.session.message(topic, payload, 0, len(payload), ticks_ms())

    def _owe(self, what):
        # A callback must not run here, where umqtt is in the middle of something.
        if what not in self._owed:
            self._owed.append(what)

    def _call_back(self):
        while self._owed:
            what = self._owed.pop(0)
            if isinstance(what, str):
                self.client.event(what)
            else:
                self.client.written(what)

    def _on_sync(self):
        from .port import log

        self._settled = self._done = True
        log(20, "Synchronised with the cloud.")
        self._owe("sync")

    def _send(self):
        session = self.session
        if session.poll(ticks_ms()):
            self._done = True
        self._keep_alive()
        while session.out:
            self._request(*session.out.pop(0))
        while session.ready and self._publish():
            pass
        self._link.flush()

    def _keep_alive(self):
        link = self._link
        quarter = self.client.keepalive * 250
        if not quarter:
            return
        now = ticks_ms()
        if self._pinged is not None:
            if link.heard:
                self._pinged = None
            elif ticks_diff(now, self._pinged) > 2 * quarter:
                raise OSError(ETIMEDOUT)
        elif max(ticks_diff(now, link.last_tx), ticks_diff(now, link.last_rx)) >= 3 * quarter:
            link.heard = False
            self._pinged = now
            self._arm()
            self.mqtt.ping()
            link.flush()

    def _request(self, kind, topic, payload):
        mqtt = self.mqtt
        self._arm()
        if kind == "reset":
            raise OSError("the cloud does not answer for this device")
        if kind == "publish":
            mqtt.publish(topic.encode(), payload)  # the session repeats it where no answer comes
        else:
            # umqtt cannot unsubscribe, nor subscribe to topics of more than 122 bytes.
            from .packets import subscribe, unsubscribe

            mqtt.make_room()
            mqtt.pid += 1
            mqtt.sock.write((subscribe if kind == "subscribe" else unsubscribe)(mqtt.pid, topic))
            self._await_answer(mqtt.pid)

    def _await_answer(self, pid):
        # The SUBACK or UNSUBACK.
        while True:
            kind = self.mqtt.wait_msg()
            if kind != 0x90 and kind != 0xB0:
                self._check(kind)
                continue
            body = self._link.read(self._link.read(1)[0])
            if body[0] << 8 | body[1] == pid:
                if kind == 0x90 and max(body[2:]) > 127:
                    from .port import log

                    log(40, "The cloud refused a subscription.")
                return

    def _publish(self):
        # What was not acknowledged on the last connection, else what has changed. Returns whether there was anything.
        session = self.session
        writer = self._writer
        if self._topic != session.topic:  # nothing waits, or it was for another thing
            self._topic = None
            writer.pos = 0
            if not session.fill(writer, ticks_ms()):
                return False
            self._topic = session.topic
        self.mqtt.make_room()
        self._arm()
        self.mqtt.publish(self._topic, memoryview(writer.buf)[: writer.pos], False, 1)
        self._topic = None
        session.acknowledged()
        self.published += 1
        return True


if not MICROPYTHON:
    from .stepping import Driver
