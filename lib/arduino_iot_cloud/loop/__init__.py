"""The async driver: one connection, its reader and writer, and the callbacks' timer.

`session` and `mqtt` say what to send and when; this file awaits the network.
"""

import asyncio
from time import time

from ..cbor import Writer
from ..mqtt import MQTT, MQTTError
from ..port import const, forget, inside, log, report, ticks_add, ticks_diff, ticks_ms
from ..session import Session
from ..stream import Alarm, event_loop

_PUBLISH = const(3)
_PUBACK = const(4)

_CONNECT_MS = const(15000)  # for TCP, TLS and the CONNACK together
_LONG_MS = const(60000)  # to sleep where nothing is due
_SHORT_MS = const(15000)  # to sleep where memory is short
_LASTING_MS = const(30000)  # of a connection: see `pauses`

running: list = []  # the drivers that run


class Driver:
    """Runs one ArduinoCloudClient under asyncio."""

    # What seldom differs is kept in the class.
    acknowledged = None  # set at each packet, for `flush`
    filling = False  # a packet of values is being written, or was when that was interrupted
    turns = ()  # of callbacks that are coroutines: see `coroutines`
    faults = 0
    stale = False  # what is left of the run that ended is to be swept away

    def __init__(self, client, tls, session=None):
        self.client = client
        self.tls = tls
        self.stream = None
        self.running = False  # None: it does not, but may, since `stop` has not been called after `run`
        self.loop = None  # the event loop of the last run
        self.tasks = []  # of this run, the first one for `run` itself
        self.since = None  # when this connection began; 0 once it has lasted, None before there is one: see `pauses`
        self.error = None  # why the reader ended
        self.watch = None  # the task that waits until the network takes more
        self.synced = False  # this connection got as far as the last values
        self.done = False  # the handshake has just ended
        self.connections = self.published = self.received = 0
        self.mqtt = MQTT(client.buffer, client.keepalive)
        if not session:
            session = Session(client.device_id, client.records, client.discovery)
            session.on_value = client.written
            session.on_sync = self.on_sync
            session.on_event = client.event
        self.session = session  # what it speaks for
        session.spare = forget
        self.writer = Writer(self.mqtt.tx)
        self.alarm = Alarm()  # of the writer
        self.timer = Alarm()  # of the callbacks
        self.room = Alarm()  # of the reader
        self.wake = self.alarm.set  # a value has changed: publish it
        self.schedule = self.timer.set  # a callback has come or has ended: look when the next is due

    def stop(self):
        """Disconnect and let `run` return."""
        self.running = False
        self.alarm.set()

    def run(self, interval, backoff):
        """To be awaited: stay connected until `stop`. Raises RuntimeError where it runs already."""
        if running:
            self.sweep()
        if not self.running:
            self.running = None
        return self._run(interval, backoff)

    def sweep(self):
        """End what an interrupted event loop has left behind. Returns whether that is done: memory may be too short."""
        try:
            from .leftovers import sweep

            sweep(running, self)
            return True
        except MemoryError:
            return False

    async def _run(self, interval, backoff):
        if self.running is False:
            return
        while (running or self.turns) and not self.sweep():
            await self.alarm.wait(_SHORT_MS)
            if self.running is False:
                return
        if self.running:
            raise RuntimeError("the client runs already")
        self.running = True
        self.loop = event_loop()
        running.append(self)
        self.pauses = [interval, interval, backoff]
        timer = asyncio.create_task(self.poll())
        self.tasks = [asyncio.current_task(), timer]
        try:
            while self.running:
                wait = 0
                try:
                    if self.client.paused:
                        self.resume()
                    self.session.end()  # which it has, unless that was interrupted
                    self.session.move("ConnectPhy")
                    try:
                        await self.connect()
                    finally:
                        self.session.end()
                except Exception as error:
                    wait = self.lost(error)
                wait = ticks_add(ticks_ms(), wait)
                while self.running and ticks_diff(wait, ticks_ms()) > 0:
                    await self.alarm.wait(ticks_diff(wait, ticks_ms()))
        except GeneratorExit:  # the event loop is gone: nothing can be waited for
            self.loop = None
            raise
        finally:
            if self.running:
                self.running = None
            running.remove(self)
            if self.loop:
                await self.end(timer)
            self.timer.task = None
            self.tasks = []
            self.client.paused = (ticks_ms(), time())

    async def end(self, task):
        """Cancel a task of ours, and wait until it has ended, so that nothing of it stays."""
        task.cancel()
        try:
            await task
        except GeneratorExit:
            self.loop = None
            raise
        except BaseException:
            pass  # what ended it has been raised already

    async def connect(self):
        """From the opening of the stream to its end."""
        self.synced = False
        self.error = self.stream = self.since = None
        reader = asyncio.create_task(self.read())
        self.tasks.append(reader)
        try:
            end = ticks_add(ticks_ms(), _CONNECT_MS)
            while not self.stream and not self.error and self.running:
                wait = ticks_diff(end, ticks_ms())
                if wait <= 0:
                    raise OSError(110)  # ETIMEDOUT
                await self.alarm.wait(wait)
            if self.stream:
                self.connections += 1
                self.since = ticks_ms() or 1
                self.session.begin(self.since)
                await self.write()
            elif self.error:
                raise self.error
        except GeneratorExit:
            self.loop = None
            raise
        finally:
            self.alarm.task = self.room.task = None
            if self.loop:
                await self.end(reader)
                if self.watch:
                    await self.end(self.watch)
            del self.tasks[2:]
            self.watch = None
            stream = self.stream
            if stream:  # on CPython, one that is closed stays until the server has taken what is still to be sent
                (getattr(stream, "drop", stream.close) if self.running else stream.close)()

    # An imported function that stayed in a local variable of a coroutine would keep its module in memory:
    # so these import in frames of their own.

    def resume(self):
        """A run begins after another one."""
        from ..pauses import resume

        resume(self.client, ticks_ms(), *self.client.paused)
        self.client.paused = None

    def lost(self, error):
        """Report why the connection ended. Returns the ms until the next attempt."""
        try:
            from ..pauses import lost

            return lost(self, error)
        except Exception:  # not even that can be loaded
            return _SHORT_MS

    def fault(self, error):
        """Something was raised while a packet was handled. It ends the connection; what is not of that is reported."""
        if isinstance(error, (OSError, MemoryError, MQTTError)):
            raise error
        self.faults += 1
        report(None, error)
        raise MQTTError("a packet could not be handled", 0)

    def open(self):
        """The coroutine that opens the stream."""
        forget("pauses", "loop.leftovers", "session.")
        from .connecting import open_link

        return open_link(self)

    def request(self):
        """The packet of the session's next request."""
        forget("session.")
        from ..mqtt_packets import take

        return take(self.session.out, self.mqtt)

    async def read(self):
        """The reader: opens the stream, then hands packets to the session. It wakes the writer, which also reports
        the reader's end."""
        mqtt = self.mqtt
        try:
            inside("loop.connecting", 1)
            try:
                self.stream = stream = await self.open()
            finally:
                inside("loop.connecting", -1)
            forget("loop.connecting")
            n = 0
            while True:
                packet = mqtt.packet()
                if packet:
                    self.take(packet)
                    continue
                self.alarm.set()
                if mqtt.blocked:
                    await self.room.wait(_LONG_MS)
                    continue
                if n:
                    await self.room.wait(0)  # the others have their turn, however much comes
                n = stream.readinto(mqtt.room())
                if n:
                    mqtt.received(n, ticks_ms())
                elif n is None:
                    await stream
                else:
                    raise EOFError("the server closed the connection")
        except Exception as error:
            self.error = error
            self.alarm.set()

    def take(self, packet):
        """Hand a packet of this type to the session."""
        mqtt = self.mqtt
        try:
            if packet == _PUBLISH:
                if mqtt.whole:
                    self.received += 1
                    self.session.message(
                        mqtt.view[mqtt.topic : mqtt.topic_end], mqtt.view, mqtt.payload, mqtt.payload_end, ticks_ms()
                    )
                else:
                    from ..mqtt_parts import take

                    take(self)
            elif packet == _PUBACK:
                if not mqtt.unacked:
                    self.session.acknowledged()
            elif mqtt.code > 127:
                mqtt.code = 0
                log(40, "The cloud refused a subscription.")
        except Exception as error:
            self.fault(error)
        if self.acknowledged:
            self.acknowledged.set()

    async def write(self):
        """The writer: sends what is due, then sleeps until something else is."""
        mqtt = self.mqtt
        session = self.session
        while self.running:
            if self.error:
                raise self.error
            now = ticks_ms()
            if self.drain(now) and not self.watch:
                from .watching import watch

                self.watch = asyncio.create_task(watch(self))
            if self.done:
                self.done = False
                forget("session.", "mqtt_packets")
            if self.since and ticks_diff(now, self.since) > _LASTING_MS:
                self.since = 0
            wait = _LONG_MS
            if session.wake is not None:
                wait = min(wait, ticks_diff(session.wake, now))
            if mqtt.wake is not None:
                wait = min(wait, ticks_diff(mqtt.wake, now))
            await self.alarm.wait(max(wait, 0))
        mqtt.send(b"\xe0\x00")  # DISCONNECT
        self.drain(ticks_ms())

    def drain(self, now):
        """Hand the network all that is due. Returns whether it took less than that."""
        mqtt = self.mqtt
        try:
            while self.due(now):
                n = self.stream.write(mqtt.out, mqtt.at, mqtt.end - mqtt.at)
                if not n:
                    return True
                mqtt.sent(n, now)
                if not mqtt.blocked:
                    self.room.set()
        except Exception as error:
            self.fault(error)
        return False

    def due(self, now):
        """Have `mqtt` offer the next bytes to send. Returns whether there are any."""
        mqtt = self.mqtt
        session = self.session
        if session.poll(now):
            self.done = True
        while not mqtt.outgoing(now):
            if session.out:
                mqtt.send(self.request())
            elif not (session.ready and self.publish(now)):
                return False
        return True

    def publish(self, now):
        """Prepare the PUBLISH that was not acknowledged on the last connection, or one of what has changed. Returns
        whether there is one to send."""
        mqtt = self.mqtt
        session = self.session
        topic = session.topic
        if mqtt.under_way(None if session.stale else topic):
            return mqtt.due
        if self.filling:
            from ..pauses import resend

            resend(session)
        writer = self.writer
        writer.pos = mqtt.begin(topic)
        self.filling = True
        filled = session.fill(writer, now)
        if filled:
            mqtt.finish(writer.pos)
            self.published += 1
        self.filling = False
        return filled

    def on_sync(self):
        """The last values have arrived."""
        self.synced = self.done = True
        self.client.event("sync")

    async def poll(self):
        """The timer of the user's callbacks."""
        while True:
            await self.timer.wait(self.client.poll(ticks_ms()))

    def spawn(self, p, callback, coro):
        """Run what a callback of `p` returned."""
        from .callbacks import spawn

        spawn(self, p, callback, coro)
