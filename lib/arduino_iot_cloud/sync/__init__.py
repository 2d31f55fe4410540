"""The sync-mode driver: for `ArduinoCloudClient(sync_mode=True)`, whose program calls `update()`.

On MicroPython it uses micropython-lib's `umqtt.robust` (`mip install umqtt.simple umqtt.robust`), the current release
or an older one; on CPython, where umqtt does not run, `sync.cpython` takes its place.

How long `update()` may block: Each packet that it sends waits for its acknowledgement; on a dead link, for half the
keepalive (at most 5 s), after which the link counts as lost. A message that is larger than the buffer may take 30 s
to arrive. An attempt to connect takes at most 15 s, plus the look-up of the server's address, which no port can
interrupt. In the pauses between attempts, `update()` only runs the callbacks.

Ctrl-C may end `update()` anywhere. Then `broken` stays set on the link: the next call drops it, and connects again.
"""

import sys
from time import time

from ..cbor import Writer
from ..port import MICROPYTHON, const, forget, log, ticks_add, ticks_diff, ticks_ms, timestamp
from ..session import Session
from .link import MQTT, SyncLink

if MICROPYTHON:
    from time import sleep_ms
else:
    from .cpython import sleep_ms

_CONNECT_MS = const(15000)  # for TCP, TLS and the CONNACK together
_PATIENCE_MS = const(5000)  # the longest wait for an acknowledgement
_IDLE_MS = const(20)  # how long `start` waits for input before it runs the callbacks again
_SCARCE_MS = const(1000)  # until the next attempt, if memory is too short to work out the pause
_LASTING_MS = const(30000)  # after which a connection counts as lasting: see `pauses`


class Driver:
    """Runs one ArduinoCloudClient whenever its program calls `update`."""

    stream = False  # whether the last attempt to connect got as far as the CONNACK: for `diagnosis`
    _linked = False  # there is an MQTT connection
    _running = None  # None before the first start
    _inside = False  # `update` or `stop` is running
    _ours = False  # code of this package is running, not umqtt
    _fault = None  # a mistake of the program: the exception for `update` to raise
    _topic = None  # the topic of the unacknowledged values in the writer, else None
    _done = False  # the handshake has just ended
    since = None  # when this connection began; 0 once it has lasted, None before it begins: see `pauses`
    _ticks = None  # the tick, and the time, of the last `update`
    _seconds = 0
    _filling = False  # values are being written, or were interrupted meanwhile
    connections = published = received = faults = 0

    def __init__(self, client, tls):
        self.client = client
        self._link = SyncLink(client, tls)
        self.mqtt = MQTT(client, self._link, self._message)
        self.session = session = Session(client.device_id, client.records, client.discovery)
        session.on_value = session.on_event = self._owe
        session.on_sync = self._on_sync
        session.forget = self._forget
        self._writer = Writer(bytearray(client.buffer))
        self._owed = []  # properties whose `on_write` is to be called, and names of events
        self._patience = min(client.keepalive * 500 or _PATIENCE_MS, _PATIENCE_MS)

    def wake(self):
        """Do nothing: the next `update` sees the changed value."""

    def schedule(self):
        """Do nothing: the next `update` sees the new callback."""

    def spawn(self, p, callback, coroutine):
        """Have `update` raise TypeError, since a callback of `p` returned a coroutine. Do not call it by time again."""
        coroutine.close()
        p.busy = True
        self._fault = TypeError("'%s' has a callback that is a coroutine: that needs sync_mode=False" % p.name)

    # For the program

    def start(self, interval, backoff):
        """Connect. Returns once values may flow, or after `stop`; meanwhile the callbacks run. Raises what `update`
        raises."""
        self._refuse()
        self._begin(interval, backoff)
        while self._running and not self.session.ready:
            self.update()
            if self._linked:
                self._link.idle(_IDLE_MS)
            else:
                sleep_ms(_IDLE_MS)

    def update(self):
        """Receive, run the callbacks that are due, and publish; without a link, connect if the time has come.

        Trouble with the link, or with what it received, is logged and repaired, not raised. Raises TypeError for a
        callback that is a coroutine function, RuntimeError if a callback calls it.
        """
        self._refuse()
        if self._running is None:
            self._begin(1.0, 2.0)
        try:
            self._inside = True
            if self._running:
                self._turn()
            if not self._running:
                self._disconnect()
        except Exception as error:  # between the steps, such as a MemoryError
            self._give_up(error)
        finally:
            self._leave()
        if self._fault:
            fault = self._fault
            self._fault = None
            raise fault

    def stop(self):
        """Disconnect. `update` then does nothing until the next `start`."""
        self._running = False
        if not self._inside:
            self.update()

    def _refuse(self):
        if self._inside:
            raise RuntimeError("update() is called from one of its own callbacks")

    def _leave(self):
        # Twice, in case Ctrl-C interrupts the first one.
        try:
            self._inside = False
        finally:
            self._inside = False

    def _begin(self, interval, backoff):
        if self._link.broken:
            self._drop()
        self.pauses = [interval, interval, backoff]
        self._retry = ticks_ms()
        self._running = True

    # One turn

    def _turn(self):
        self._look_at_clocks()
        if self._link.broken:
            self._drop()
        if self._linked:
            self._attempt(Driver._receive)
            if self._done:
                self._done = False
                self._forget("pauses", "mqtt_packets", "sync.trouble", "session.")
        elif ticks_diff(self._retry, ticks_ms()) <= 0:
            self._attempt(Driver._connect)
        self._call_back()
        self.client.poll(ticks_ms())
        if self._linked:
            self._attempt(Driver._send)
            self._call_back()
        self._ticks = ticks_ms()
        self._seconds = time()

    def _look_at_clocks(self):
        # If `update` was not called for so long that ticks may have wrapped, no noted tick is valid any longer.
        if self._ticks is not None:
            now = ticks_ms()
            if not 0 <= ticks_diff(now, self._ticks) < 60000:
                from .trouble import renew

                self._retry = now
                if renew(self, now, self._ticks, self._seconds):
                    self._drop()

    def _attempt(self, step):
        # Run a step. An exception costs the link, and nothing else. `step` is a function of the class, since a bound
        # method would be a new object for each `update`.
        link = self._link
        link.broken = True
        self._ours = False
        try:
            step(self)
            link.broken = False
        except Exception as error:
            self._lost(error)

    def _lost(self, error):
        self._retry = ticks_add(ticks_ms(), _SCARCE_MS)
        self._drop()
        from ..pauses import pause

        wait = pause(self, error)
        self._retry = ticks_add(ticks_ms(), wait)

    def explain(self, error):
        """Report why the connection ended. Returns whether waiting may help."""
        from .trouble import explain

        return explain(self, error, self._ours)

    def _give_up(self, error):
        self._link.broken = True  # the next turn drops it
        log(40, repr(error))

    def _drop(self):
        self._linked = False
        self._link.drop()
        if self.session.state not in ("Init", "Disconnect"):
            self.session.end()
        self._link.broken = False

    def _disconnect(self):
        if self._link.broken:
            self._drop()
        if self._linked:
            self._arm()
            self._link.leave()
            self._drop()
        self._call_back()

    def _arm(self):
        # Limit the wait that follows.
        self._link.arm(self._patience)

    def _connect(self):
        session = self.session
        if session.state not in ("Init", "Disconnect"):
            session.end()
        self.stream = False
        self.since = None
        session.move("ConnectPhy")
        if not timestamp():
            session.move("SyncTime")
            self.client.update_systime()
        session.move("ConnectMqttBroker")
        self.mqtt.look_up()
        self._link.arm(_CONNECT_MS)
        self.mqtt.connect()
        now = ticks_ms()
        self._link.opened()
        self.connections += 1
        self.since = now or 1
        session.begin(now)
        self.stream = self._linked = True

    # Receiving

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
            raise OSError("an unexpected packet")

    def _message(self, topic, payload):
        self._ours = True
        self.received += 1
        if self._link.rest:
            from .trouble import pieces

            pieces(self._link, self.session, topic, self.client.buffer, self._patience)
        else:
            self.session.message(topic, payload, 0, len(payload), ticks_ms())
        self._ours = False

    def _owe(self, what):
        # No callback may run here, in the middle of umqtt's work.
        if what not in self._owed:
            self._owed.append(what)

    def _call_back(self):
        while self._owed:
            what = self._owed.pop(0)
            if isinstance(what, str):
                self.client.event(what)
            else:
                self.client.on_value(what)

    def _on_sync(self):
        self._done = True
        self._owe("sync")

    def _forget(self, *names):
        # If an async client runs, one of its callbacks may have called `update`, so its modules must stay.
        loop = sys.modules.get("arduino_iot_cloud.loop")
        if not (loop and loop.running):
            forget(*names)

    # Sending

    def _send(self):
        session = self.session
        now = ticks_ms()
        if self.since and ticks_diff(now, self.since) > _LASTING_MS:
            self.since = 0
        self._ours = True
        if session.poll(now):
            self._done = True
        self._ours = False
        quarter = self.client.keepalive * 250
        if quarter and self._link.must_ask(now, quarter):
            self._arm()
            self.mqtt.ping()
        while session.out:
            self._request(*session.out.pop(0))
        while session.ready and self._publish():
            pass
        self._arm()
        self._link.flush()
        self._link.acknowledge()

    def _request(self, kind, topic, payload):
        mqtt = self.mqtt
        self._arm()
        if kind == "reset":
            raise OSError("the cloud does not answer for this device")
        if kind == "publish":
            mqtt.publish(topic.encode(), payload)  # the session repeats it if no answer comes
        else:
            # umqtt cannot unsubscribe, nor subscribe to topics of more than 122 bytes.
            from ..mqtt_packets import subscribe, unsubscribe

            mqtt.make_room()
            mqtt.pid += 1
            mqtt.sock.write((subscribe if kind == "subscribe" else unsubscribe)(mqtt.pid, topic))
            self._await_answer(mqtt.pid)

    def _await_answer(self, pid):
        # Wait for the SUBACK or UNSUBACK.
        while True:
            kind = self.mqtt.wait_msg()
            if kind != 0x90 and kind != 0xB0:
                self._check(kind)
                continue
            body = self._link.read(self._link.read(1)[0])
            if body[0] << 8 | body[1] == pid:
                if kind == 0x90 and max(body[2:]) > 127:
                    log(40, "The cloud refused a subscription.")
                return

    def _publish(self):
        # Publish what the last connection left unacknowledged, else the changed values. Returns whether there were any.
        session = self.session
        if session.stale:
            session.stale = False
            self._topic = None
        if self._topic != session.topic and not self._fill():  # nothing is due, or it was for another thing
            return False
        writer = self._writer
        self.mqtt.make_room()
        self._arm()
        self.mqtt.publish(self._topic, memoryview(writer.buf)[: writer.pos], False, 1)
        self._topic = None
        self._ours = True
        session.acknowledged()
        self._ours = False
        self.published += 1
        return True

    def _fill(self):
        # Write the changed values. Returns whether there were any.
        session = self.session
        self._topic = None
        self._writer.pos = 0
        self._ours = True
        if self._filling:
            from ..pauses import resend

            resend(session)
        self._filling = True
        if session.fill(self._writer, ticks_ms()):
            self._topic = session.topic
        self._filling = self._ours = False
        return self._topic is not None
