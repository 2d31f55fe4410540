"""The async driver: one connection, its reader and writer, and the callbacks' timer.

The only file that awaits the network. `session` and `mqtt` say what to send and when.
"""

import asyncio
from random import random

from .cbor import Writer
from .mqtt import MQTT, PUBACK, PUBLISH, SUBACK, MQTTError
from .port import MICROPYTHON, const, forget, log, ticks_add, ticks_diff, ticks_ms
from .session import Session

_CONNECT_S = const(15)  # for TCP, TLS and the CONNACK together
_SLOW_S = const(60)  # between attempts where waiting alone does not help
_BACKOFF_MAX_S = const(32)
_LONG_MS = const(60000)  # to sleep where nothing is due

if MICROPYTHON:
    from asyncio import core

    class Alarm:
        """A sleep that `ring` ends early. It makes no task and no exception."""

        _task = None
        _rung = False

        def ring(self):
            """Wake who waits, or let the next wait return at once."""
            self._rung = True
            task = self._task
            if task is not None:
                self._task = None
                core._task_queue.remove(task)
                core._task_queue.push(task)

        async def wait(self, ms: int):
            """Sleep until `ring`, for `ms` at most."""
            if not self._rung:
                self._task = core.cur_task
                try:
                    await asyncio.sleep_ms(ms)
                finally:
                    self._task = None
            self._rung = False

else:

    class Alarm:
        """A sleep that `ring` ends early."""

        def __init__(self):
            self._event = asyncio.Event()

        def ring(self):
            """Wake who waits, or let the next wait return at once."""
            self._event.set()

        async def wait(self, ms: int):
            """Sleep until `ring`, for `ms` at most."""
            try:
                await asyncio.wait_for(self._event.wait(), ms / 1000)
            except asyncio.TimeoutError:
                pass
            self._event.clear()


class Driver:
    """Runs one ArduinoCloudClient under asyncio."""

    phase = "Init"  # None while the session has the say
    _running = False
    _error = None  # why the reader ended
    acked = None  # the event that `flush` waits for
    _last_topic = None  # where the PUBLISH went that is not acknowledged
    _resend = False  # it has not been sent again on this connection
    _settled = False  # this connection got as far as the last values
    _connections = _published = _received = 0

    def __init__(self, client):
        self.client = client
        self.mqtt = MQTT(client.buffer, client.keepalive)
        self.session = Session(client.device_id, client.records, client.discovery)
        self.session.on_value = client.written
        self.session.on_sync = self._on_sync
        self._writer = Writer(self.mqtt.tx)
        self._alarm = Alarm()  # of the writer
        self._timer = Alarm()  # of the callbacks
        self._unblocked = Alarm()  # of the reader

    @property
    def state(self):
        """What `ArduinoCloudClient.state` returns."""
        return self.phase or self.session.state

    def wake(self):
        """A value has changed: publish it."""
        self._alarm.ring()

    def schedule(self):
        """A callback has come or has ended: look when the next is due."""
        self._timer.ring()

    def stop(self):
        """Disconnect and let `run` return."""
        self._running = False
        self._alarm.ring()

    def stats(self) -> dict:
        """What `ArduinoCloudClient.stats` returns."""
        return {
            "connections": self._connections,
            "published": self._published,
            "received": self._received,
            "dropped": self.session.dropped + self.mqtt.oversized,
        }

    async def run(self, interval, backoff):
        """Stay connected until `stop`."""
        if self._running:
            raise RuntimeError("the client runs already")
        from .transport import context

        tls = context(self.client)
        self._running = True
        timer = asyncio.create_task(self._run_callbacks())
        delay = interval
        try:
            while self._running:
                try:
                    await self._connection(tls)
                except (OSError, EOFError, ValueError, MQTTError, asyncio.TimeoutError) as error:
                    from .diagnosis import explain

                    if self._settled:
                        delay = interval
                    wait = delay * (0.5 + random() / 2) if explain(self.client, error) else _SLOW_S
                    delay = min(delay * backoff, _BACKOFF_MAX_S)
                    await self._pause(int(wait * 1000))
        finally:
            self._running = False
            self.phase = "Disconnect"
            timer.cancel()

    async def _pause(self, ms):
        end = ticks_add(ticks_ms(), ms)
        while self._running and ms > 0:
            await self._alarm.wait(ms)
            ms = ticks_diff(end, ticks_ms())

    async def _connection(self, tls):
        # From the TCP connection to its end.
        self._settled = False
        self.phase = "ConnectPhy"
        from .connecting import open_link

        stream = await asyncio.wait_for(open_link(self, tls), _CONNECT_S)
        self._connections += 1
        self._error = None
        self._resend = self.mqtt.unacked != 0
        self.session.begin(ticks_ms())
        self.phase = None
        reader = asyncio.create_task(self._read(stream))
        try:
            await self._write(stream)
            stream.write(b"\xe0\x00")  # DISCONNECT
            await stream.drain()
        finally:
            self.phase = "Disconnect"
            self.session.end()
            reader.cancel()
            stream.s.close()

    async def receive(self, stream):
        """Read once. Raises EOFError at the end of the stream."""
        n = await stream.readinto(self.mqtt.room())
        if n:
            self.mqtt.received(n, ticks_ms())
        elif n is not None:
            raise EOFError("the server closed the connection")

    async def _read(self, stream):
        # The reader: hands packets to the session, wakes the writer. Its end is the writer's to report.
        mqtt = self.mqtt
        try:
            while True:
                self._take_packets()
                while mqtt.blocked():
                    await self._unblocked.wait(_LONG_MS)
                    self._take_packets()
                await self.receive(stream)
        except Exception as error:
            self._error = error
            self._alarm.ring()

    def _take_packets(self):
        mqtt = self.mqtt
        kind = mqtt.packet()
        if not kind:
            return
        while kind:
            if kind == PUBLISH:
                self._received += 1
                self.session.message(
                    mqtt.view[mqtt.topic : mqtt.topic_end], mqtt.rx, mqtt.payload, mqtt.payload_end, ticks_ms()
                )
            elif kind == PUBACK:
                if self.acked:
                    self.acked.set()
            elif kind == SUBACK and mqtt.code > 127:
                log(40, "The cloud refused a subscription.")
            kind = mqtt.packet()
        self._alarm.ring()

    async def _write(self, stream):
        # The writer: sends what is due, then sleeps until something else is.
        mqtt = self.mqtt
        session = self.session
        while self._running:
            if self._error:
                raise self._error
            now = ticks_ms()
            session.poll(now)
            sent = mqtt.poll(now)
            if sent:
                stream.write(sent)
            acks = mqtt.acks()
            if acks:
                sent = True
                stream.write(acks)
                self._unblocked.ring()
            if session.out:
                sent = True
                from .connecting import send_requests

                send_requests(stream, mqtt, session.out)
            if session.ready and self._publish(stream):
                sent = True
            if sent:
                mqtt.sent(now)
                if stream.out_buf:
                    await stream.drain()
            wait = _LONG_MS
            if session.wake is not None:
                wait = min(wait, ticks_diff(session.wake, now))
            if mqtt.wake is not None:
                wait = min(wait, ticks_diff(mqtt.wake, now))
            await self._alarm.wait(max(wait, 0))

    def _publish(self, stream):
        # What was not acknowledged on the last connection, then what has changed. Returns whether anything was sent.
        mqtt = self.mqtt
        session = self.session
        if mqtt.unacked:
            if not self._resend:
                return False
            self._resend = False
            if self._last_topic == session.topic:
                stream.write(mqtt.outgoing(True))
                return True
            mqtt.unacked = 0  # it was for another thing
        writer = self._writer
        writer.pos = mqtt.begin(session.topic)
        if not session.fill(writer):
            return False
        mqtt.finish(writer.pos)
        self._last_topic = session.topic
        self._published += 1
        stream.write(mqtt.outgoing())
        return True

    def _on_sync(self):
        self._settled = True
        log(20, "Synchronised with the cloud.")
        forget("connecting", "diagnosis", "handshake", "messages", "packets", "transport")

    async def _run_callbacks(self):
        while True:
            await self._timer.wait(self.client.poll(ticks_ms()))

    def spawn(self, p, callback, coroutine):
        """Run what a callback of `p` returned, after those that it returned before."""
        p.busy = asyncio.create_task(self._finish(p, callback, coroutine, p.busy))

    async def _finish(self, p, callback, coroutine, previous):
        if previous:
            await previous
        try:
            result = await coroutine
            if callback == p.on_read:
                p.value = result
        except Exception as error:
            from .diagnosis import report

            report(p.name, error)
        if p.busy is asyncio.current_task():
            p.busy = False
            self._timer.ring()
