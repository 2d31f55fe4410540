"""The async driver: one connection, its reader and writer, and the timer of the callbacks.

`session` and `mqtt` decide what to send and when; this module waits for the network.
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
_LONG_MS = const(60000)  # to sleep while nothing is due
_SHORT_MS = const(15000)  # to sleep while memory is short
_LASTING_MS = const(30000)  # after which a connection counts as lasting: see `pauses`

running: list = []  # the drivers that run


class Driver:
    """Runs one ArduinoCloudClient under asyncio."""

    # Attributes that seldom differ are kept in the class.
    acknowledged = None  # an Event that each packet sets, for `flush`
    filling = False  # a packet of values is being written, or was interrupted meanwhile
    turns = ()  # the Turns of callbacks that are coroutines: see `callbacks`
    faults = 0
    stale = False  # the last run has left tasks behind, for `sweep`

    def __init__(self, client, tls, session=None):
        self.client = client
        self.tls = tls
        self.stream = None
        self.running = False  # None: not yet, but `run` was called, and `stop` was not called after it
        self.loop = None  # the event loop of the last run
        self.tasks = []  # the tasks of this run, that of `run` itself first
        self.since = None  # when this connection began; 0 once it has lasted, None before it begins: see `pauses`
        self.error = None  # why the reader ended
        self.watch = None  # the task that waits until the network accepts more
        self.synced = False  # this connection has received the last values
        self.done = False  # the handshake has just ended
        self.connections = self.published = self.received = 0
        self.mqtt = MQTT(client.buffer, client.keepalive)
        if not session:
            session = Session(client.device_id, client.records, client.discovery)
            session.on_value = client.on_value
            session.on_sync = self.on_sync
            session.on_event = client.event
        self.session = session
        session.forget = forget
        self.writer = Writer(self.mqtt.tx)
        self.alarm = Alarm()  # wakes the writer
        self.timer = Alarm()  # wakes the task that runs the callbacks
        self.room = Alarm()  # wakes the reader
        self.wake = self.alarm.set  # called when a value has changed
        self.schedule = self.timer.set  # called when a callback was added or has ended

    def stop(self):
        """Disconnect and let `run` return."""
        self.running = False
        self.alarm.set()

    def run(self, interval, backoff):
        """Stay connected until `stop`. Await it. Raises RuntimeError if it already runs."""
        if running:
            self.sweep()
        if not self.running:
            self.running = None
        return self._run(interval, backoff)

    def sweep(self):
        """End the tasks that an interrupted event loop has left behind. Returns False if memory is too short for it."""
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
            raise RuntimeError("the client already runs")
        self.running = True
        self.loop = loop = event_loop()
        if self.acknowledged and self.acknowledged.loop is not loop:
            self.acknowledged = None  # it would wake a task of another event loop in this one
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
                    self.session.end()  # again, in case the last time was interrupted
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
        """Cancel a task of this driver, and wait until it has ended."""
        task.cancel()
        try:
            await task
        except GeneratorExit:
            self.loop = None
            raise
        except BaseException:
            pass  # its error was raised already

    async def connect(self):
        """Open a connection and use it until it ends."""
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
            if stream:  # on CPython, `close` first waits until the server has taken everything
                (getattr(stream, "drop", stream.close) if self.running else stream.close)()

    # An imported function in a local variable of a coroutine would keep its module in memory.
    # So these are functions, which end at once.

    def resume(self):
        """Work out what the pause since the last run means for the callbacks."""
        from ..pauses import resume

        resume(self.client, ticks_ms(), *self.client.paused)
        self.client.paused = None

    def lost(self, error):
        """Report why the connection ended. Returns the ms until the next attempt."""
        try:
            from ..pauses import lost

            return lost(self, error)
        except Exception:  # there is too little memory even for that
            return _SHORT_MS

    def fault(self, error):
        """End the connection for an exception from the handling of a packet. Report it unless the link caused it."""
        if isinstance(error, (OSError, MemoryError, MQTTError)):
            raise error
        self.faults += 1
        report(None, error)
        raise MQTTError("a packet could not be handled", 0)

    def open(self):
        """Return the coroutine that opens the stream."""
        forget("pauses", "loop.leftovers", "interruption", "session.")
        from .connecting import open_link

        return open_link(self)

    def request(self):
        """Return the packet of the session's next request."""
        forget("session.")
        from ..mqtt_packets import take

        return take(self.session.out, self.mqtt)

    async def read(self):
        """Run the reader: open the stream, then pass packets to the session, and wake the writer, which also raises
        the error that ends the reader."""
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
                    await self.room.wait(0)  # lets other tasks run, however much comes
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
        """Pass a packet of this type to the session."""
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
        """Run the writer: send what is due, then sleep until something else is."""
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
        """Give the network everything that is due. Returns whether it accepted less than that."""
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
        """Prepare the PUBLISH that was not acknowledged on the last connection, or one with the changed values. Returns
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
        """Note that the last values have arrived, and call the callback of "sync"."""
        self.synced = self.done = True
        self.client.event("sync")

    async def poll(self):
        """Run the callbacks when they are due."""
        while True:
            await self.timer.wait(self.client.poll(ticks_ms()))

    def spawn(self, p, callback, coro):
        """Run the coroutine that a callback of `p` returned."""
        from .callbacks import spawn

        spawn(self, p, callback, coro)
