"""The async driver: one connection, its reader and writer, and the callbacks' timer.

`session` and `mqtt` say what to send and when; this file awaits the network.
"""

import asyncio
from random import random

from .cbor import Writer
from .mqtt import MQTT, PUBACK, PUBLISH, MQTTError
from .port import MICROPYTHON, const, forget, log, ticks_add, ticks_diff, ticks_ms
from .session import Session
from .stream import send

_CONNECT_MS = const(15000)  # for TCP, TLS and the CONNACK together
_SLOW_S = const(60)  # between attempts where waiting alone does not help
_BACKOFF_MAX_S = const(32)
_LONG_MS = const(60000)  # to sleep where nothing is due

if MICROPYTHON:
    from asyncio import core

    from .stream import stop

    class Alarm:
        """A sleep that `set` ends early. One task may wait for it. Waiting allocates nothing, as with `Stream`."""

        task = None  # the one that sleeps
        state = False  # set before anybody waited
        ticks = None  # how many ms to sleep, until that has begun

        def set(self):
            """Wake who waits, or let the next wait return at once."""
            if self.task is None:
                self.state = True
            else:
                core._task_queue.remove(self.task)
                core._task_queue.push(self.task)
                self.task = None

        def wait(self, ticks: int):
            """To be awaited: sleeps until `set`, for `ticks` ms at most."""
            self.ticks = 0 if self.state else ticks
            self.state = False
            return self

        def __iter__(self):
            return self

        def __next__(self):
            if self.ticks is None:
                self.task = None
                stop.__traceback__ = None
                raise stop
            if self.ticks:
                self.task = core.cur_task
            core._task_queue.push(core.cur_task, ticks_add(ticks_ms(), self.ticks))
            self.ticks = None

else:
    from .cpython import Alarm


class Driver:
    """Runs one ArduinoCloudClient under asyncio."""

    oversized = 0  # of the packets that `mqtt` counts, so many are reported

    def __init__(self, client, tls):
        self.client = client
        self.tls = tls
        self.stream = None
        self.phase = "Init"  # the state, or None while the session has the say
        self.running = False
        self.error = None  # why the reader ended
        self.acked = None  # state at each packet, for `flush`
        self.topic = None  # where the PUBLISH went that is not acknowledged
        self.again = False  # it has not been sent again on this connection
        self.synced = False  # this connection got as far as the last values
        self.done = False  # the handshake has just ended
        self.connections = self.published = self.received = 0
        self.mqtt = MQTT(client.buffer, client.keepalive)
        self.session = Session(client.device_id, client.records, client.discovery)
        self.session.on_value = client.written
        self.session.on_sync = self.on_sync
        self.session.on_event = client.event
        self.session.spare = forget
        self.writer = Writer(self.mqtt.tx)
        self.alarm = Alarm()  # of the writer
        self.timer = Alarm()  # of the callbacks
        self.room = Alarm()  # of the reader
        self.wake = self.alarm.set  # a value has changed: publish it
        self.schedule = self.timer.set  # a callback has come or has ended: look when the next is due

    @property
    def state(self):
        """What `ArduinoCloudClient.state` returns."""
        return self.phase or self.session.state

    def stop(self):
        """Disconnect and let `run` return."""
        self.running = False
        self.alarm.set()

    async def run(self, interval, backoff):
        """Stay connected until `stop`."""
        if self.running:
            raise RuntimeError("the client runs already")
        self.running = True
        timer = asyncio.create_task(self.poll())
        delay = interval
        try:
            while self.running:
                try:
                    await self.connect()
                except (OSError, EOFError, ValueError, MemoryError, MQTTError) as error:
                    if self.synced:
                        delay = interval
                    wait = delay * (0.5 + random() / 2) if self.explain(error) else _SLOW_S
                    delay = min(delay * backoff, _BACKOFF_MAX_S)
                    wait = ticks_add(ticks_ms(), int(wait * 1000))
                    while self.running and ticks_diff(wait, ticks_ms()) > 0:
                        await self.alarm.wait(ticks_diff(wait, ticks_ms()))
        finally:
            self.running = False
            self.phase = "Disconnect"
            timer.cancel()
            self.timer.task = self.room.task = None

    async def connect(self):
        """From the opening of the stream to its end."""
        self.synced = False
        self.phase = "ConnectPhy"
        self.error = self.stream = None
        reader = asyncio.create_task(self.read())
        try:
            end = ticks_add(ticks_ms(), _CONNECT_MS)
            while not self.stream and not self.error and self.running:
                wait = ticks_diff(end, ticks_ms())
                if wait <= 0:
                    raise OSError(110)  # ETIMEDOUT
                await self.alarm.wait(wait)
            if self.stream:
                self.connections += 1
                self.again = self.mqtt.unacked != 0
                self.session.begin(ticks_ms())
                self.phase = None
                await self.write(self.stream)
                self.stream.write(b"\xe0\x00")  # DISCONNECT
            elif self.error:
                raise self.error
        finally:
            self.phase = "Disconnect"
            self.session.end()
            self.alarm.task = None
            reader.cancel()
            if self.stream:
                self.stream.close()

    # An imported function that stayed in a local variable of a coroutine would keep its module in memory:
    # so these import in frames of their own.

    def explain(self, error):
        """Report why the connection ended. Returns whether waiting may heal it."""
        from .diagnosis import explain

        return explain(self.client, error)

    def open(self):
        """The coroutine that opens the stream."""
        forget()
        from .connecting import open_link

        return open_link(self)

    def drop(self):
        """Report a packet that is larger than the buffer."""
        from .oversized import report

        report(self)

    def request(self):
        """The packet of the session's next request."""
        forget("answers", "asking", "messages", "zone")
        from .packets import take

        return take(self.session.out, self.mqtt)

    async def read(self):
        """The reader: opens the stream, then hands packets to the session. It wakes the writer, which also reports
        the reader's end."""
        mqtt = self.mqtt
        try:
            stream = await self.open()
            forget("connecting", "diagnosis", "transport")
            self.stream = stream
            while True:
                kind = mqtt.packet()
                if kind == PUBLISH:
                    self.received += 1
                    self.session.message(
                        mqtt.view[mqtt.topic : mqtt.topic_end], mqtt.view, mqtt.payload, mqtt.payload_end, ticks_ms()
                    )
                elif kind == PUBACK:
                    if not mqtt.unacked:
                        self.session.acknowledged()
                elif mqtt.code > 127:
                    mqtt.code = 0
                    log(40, "The cloud refused a subscription.")
                if kind:
                    if self.acked:
                        self.acked.set()
                    continue
                if mqtt.oversized != self.oversized:
                    self.drop()
                self.alarm.set()
                if mqtt.blocked:
                    await self.room.wait(_LONG_MS)
                    continue
                await stream
                n = stream.readinto(mqtt.room())
                if n:
                    mqtt.received(n, ticks_ms())
                elif n is not None:
                    raise EOFError("the server closed the connection")
        except Exception as error:
            self.error = error
            self.alarm.set()

    async def write(self, stream):
        """The writer: sends what is due, then sleeps until something else is."""
        mqtt = self.mqtt
        session = self.session
        while self.running:
            if self.error:
                raise self.error
            now = ticks_ms()
            if session.poll(now):
                self.done = True
            ping = mqtt.poll(now)
            if ping:
                await send(stream, ping)
            data = mqtt.acks()
            if data:
                self.room.set()
                await send(stream, data)
            if session.out:
                while session.out:
                    data = self.request()
                    await send(stream, data)
                forget("packets")
            if self.done:
                self.done = False
                forget("answers", "asking", "messages", "zone")
            if session.ready:
                publish = self.publish(now)
                if publish:
                    data = publish
                    n = stream.write(data)
                    if n != len(data):
                        await send(stream, data[n or 0 :])
            if data:
                mqtt.last_tx = now
            wait = _LONG_MS
            if session.wake is not None:
                wait = min(wait, ticks_diff(session.wake, now))
            if mqtt.wake is not None:
                wait = min(wait, ticks_diff(mqtt.wake, now))
            await self.alarm.wait(max(wait, 0))

    def publish(self, now):
        """What to send of values: the PUBLISH that was not acknowledged on the last connection, or what has changed."""
        mqtt = self.mqtt
        topic = self.session.topic
        if mqtt.unacked:
            if not self.again:
                return None
            self.again = False
            if self.topic == topic:
                return mqtt.outgoing(True)
            mqtt.unacked = 0  # it was for another thing
        writer = self.writer
        writer.pos = mqtt.begin(topic)
        if not self.session.fill(writer, now):
            return None
        mqtt.finish(writer.pos)
        self.topic = topic
        self.published += 1
        return mqtt.outgoing()

    def on_sync(self):
        """The last values have arrived."""
        self.synced = self.done = True
        log(20, "Synchronised with the cloud.")
        self.client.event("sync")

    async def poll(self):
        """The timer of the user's callbacks."""
        while True:
            await self.timer.wait(self.client.poll(ticks_ms()))

    def spawn(self, p, callback, coroutine):
        """Run what a callback of `p` returned, after those that it returned before."""
        from .coroutines import finish

        p.busy = asyncio.create_task(finish(self, p, callback, coroutine, p.busy))
