"""The sync-mode driver: `ArduinoCloudClient(sync_mode=True)`, whose program calls `update()`.

On MicroPython it speaks through micropython-lib's `umqtt.robust` (`mip install umqtt.simple umqtt.robust`), both the
older releases and the current one; on CPython, where umqtt does not run, `stepping` takes its place.

How long `update()` may block: each packet to send waits for its acknowledgement, on a dead link for
half the keepalive (1 to 5 s), after which the link counts as lost; an attempt to connect takes 15 s
at most, the look-up of the server's address aside, which no port can interrupt. Between attempts,
which the back-off keeps apart, `update()` only runs the callbacks.
"""

from errno import ETIMEDOUT
from random import random

from .cbor import Writer
from .port import MICROPYTHON, const, forget, ticks_add, ticks_diff, ticks_ms, timestamp
from .session import Session
from .sync_link import MQTT, Link, MQTTException

_CONNECT_MS = const(15000)  # for TCP, TLS and the CONNACK together
_SLOW_S = const(60)  # between attempts where waiting alone does not help
_BACKOFF_MAX_S = const(32)
_IDLE_MS = const(20)  # how long `start` waits for something to read before it looks at the callbacks again


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
    stream = None  # for `diagnosis`: None until the log-in of this connection has been answered
    connections = published = received = 0

    def __init__(self, client, tls):
        self.client = client
        self._link = Link(client, tls)
        self.mqtt = MQTT(client, self._link, self._message)
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
                    forget("answers", "asking", "diagnosis", "messages", "packets", "tags", "zone")
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
        self.stream = None
        if not timestamp():
            self.phase = "SyncTime"
            self.client.update_systime()
        self.phase = "ConnectMqttBroker"
        self._link.until = ticks_add(ticks_ms(), _CONNECT_MS)
        self.mqtt.connect()
        self.stream = self._link
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
