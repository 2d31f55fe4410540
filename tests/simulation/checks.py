"""What must be true in every simulated world. The bounds are derived from docs/, and each says how."""

import sys

from .clock import clock

# If a packet leaves late because the link is slow, the next one follows sooner.
_NARROW_MS = 2000
# Between two requests for the last values or the time zone (docs/time-and-schedules.md: 30 s, 60 s and so on, but
# 30 s while the client waits for the last values).
_QUESTION_MS = 30000 - _NARROW_MS
_BOTH_WAYS_MS = 500  # the same request in the other way
# Between two requests for the thing: 4, 8, 16, 32, 32 s.
_THING_MS = 4000
_THING_MAX_MS = 32000
# Ten attempts none of which led to a connection of 30 s: the pauses between them are at least half of
# 1, 2, 4, 8, 16, 32, 32 and 32 s. The first pause may be missing.
_ATTEMPTS = 10
_ATTEMPTS_MS = 60000
_LASTING_MS = 30000
# A callback is called as soon as it is due. In sync mode `update` must return first, which takes up to 15 s for a
# connection, 3 for the time, 5 for an acknowledgement (docs/reference.md) and the program's wait between two calls.
_LATE_MS = 300
_EARLY_MS = 20
_LATE_SYNC_MS = 26000
# Polls for each thing to do: a packet in several pieces, its callback, the answer.
_POLLS = 30
_NOTICED_MS = 5000  # more than 1.5 keepalives
# How much more may be left after a collection than some cycles ago: texts and numbers of about ten variables, on three
# sides. The size of a pointer depends on the interpreter.
_HEAP = 2048 if sys.maxsize < 1 << 32 else 4096
# What an earlier run may leave once: the collector takes an old number on the stack for a pointer; asyncio keeps a task
# of it.
_OLD_RUN = 12 * _HEAP


class _Asked:
    # When a device requested something.
    def __init__(self):
        self.connects = []  # when it looked up its server
        self.begins = 0  # connections, things, and requests for the last values
        self.anew()

    def anew(self):
        """Allow requests at once, because there is a new connection or another thing."""
        self.begins += 1
        self.last = {}  # "thing", or "values" for both the last values and the time zone -> when
        self.things = 0
        self.values = 0
        self.what = None
        self.allowed = 0  # further requests for last values, because of variables that were registered meanwhile
        self.late = False  # variables were registered meanwhile
        self.earlier = None  # when last values were requested the time before last
        self.told = []  # when it was told a thing or none; each, once it arrives, allows requests at once


class Checks:
    """The cloud, the broker and the program call these at every step."""

    def __init__(self, world):
        self.world = world
        self._asked = {}
        self._heap = []
        self._run = []  # the same for this run of the program
        self._number = 0
        self._large = False
        self.packets = 0

    def _of(self, device_id):
        if device_id not in self._asked:
            self._asked[device_id] = _Asked()
        return self._asked[device_id]

    # From the broker

    def packet(self, session, kind, sent):
        """Check a packet that the client sent at `sent`."""
        self.packets += 1
        self.world.program.traffic += 1
        session.sent = sent
        session.blocked = clock.blocked
        if kind == 12:
            last = getattr(session, "pinged", None)
            session.pinged = sent
            if last is not None and sent - last < session.keepalive * 750 - _NARROW_MS:
                clock.fail(
                    "%s sends a PINGREQ %d ms after the last one, with a keepalive of %d s"
                    % (session.client_id, sent - last, session.keepalive)
                )

    def online(self, session):
        """Note that a client has logged in."""
        self._of(session.client_id).anew()

    def offline(self, session):
        """Note that a connection has ended."""
        if clock.now - session.began >= _LASTING_MS and session.client_id:
            self._of(session.client_id).connects.clear()

    def silent(self, session):
        """Check why the broker has heard nothing for 1.5 keepalives. It is a fault if the network and program work."""
        connection = getattr(session.connection, "connection", session.connection)
        program = self.world.program
        quiet = session.keepalive * 1500
        if (
            # In sync mode another client's update() may take long.
            (program.mode != "sync" or len(program.devices) == 1)
            and connection.up.hung is None
            and connection.is_open
            and program.running
            and clock.now - program.since > quiet
            and clock.blocked - session.blocked < session.keepalive * 250
            and not self.world.starved_since(quiet)
        ):
            clock.fail("%s has sent nothing for 1.5 keepalives" % session.client_id)

    def by_hand(self, name):
        """Note that the program itself makes a client connect now."""
        self._of(name).connects.clear()

    # From the network

    def deadlines(self, connections):
        """Check that no connection is kept for 1.5 keepalives without receiving, and that no attempt exceeds 15 s."""
        program = self.world.program
        for connection in connections:
            session = getattr(connection.server, "session", connection.server)
            limit = max(session.keepalive * 1500, 15000) + _NOTICED_MS
            if program.mode == "sync":
                limit += _LATE_SYNC_MS * len(program.devices)
            since = max(connection.heard, program.since)
            if self.world.starved_since(clock.now - connection.since):
                continue  # the client may have lost it when memory ran out
            silence = clock.now - since
            if not program.running or connection.since < program.since:
                continue  # of an earlier run, which was interrupted
            if silence > limit + clock.blocked_since(since):
                name = session.client_id
                clock.fail("nothing has come to %s for %d ms, and it keeps the connection" % (name, silence))

    def looked_up(self, name):
        """Check the time of a look-up, which begins an attempt to connect."""
        device = self.world.hosts.get(name)
        if device is None:
            return
        connects = self._of(device).connects
        connects.append(clock.now)
        if len(connects) > _ATTEMPTS:
            connects.pop(0)
        if len(connects) == _ATTEMPTS and connects[-1] - connects[0] < _ATTEMPTS_MS:
            clock.fail("%s has tried to connect %d times in %d ms" % (device, _ATTEMPTS, connects[-1] - connects[0]))

    # From the cloud

    def asked(self, device, what):
        """Check when a device requests its thing, the last values (in one of two ways) or the time zone."""
        session = self.world.broker.sessions.get(device.device_id)
        if not session:
            return
        asked = self._of(device.device_id)
        self.world.program.traffic += self.world.cloud.padding // 10  # the answer may be large
        key = "thing" if what == "thing" else "values"
        last = asked.last.get(key)
        asked.last[key] = session.sent
        gap = None if last is None else session.sent - last
        if key == "thing":
            asked.things += 1
            least = min(_THING_MS << min(max(asked.things - 2, 0), 4), _THING_MAX_MS) - _NARROW_MS
        else:
            if gap is not None and gap < _BOTH_WAYS_MS and what != asked.what:
                return
            asked.what = what
            asked.values += 1
            asked.begins += 1
            # The first answer may bring an offset that has ended. The next request then comes at once.
            least = _QUESTION_MS if asked.values > 2 else 0
            earlier, asked.earlier = asked.earlier, last
            if gap is not None and gap < least:
                if asked.allowed:
                    asked.allowed -= 1
                    return
                # Requests for variables that were registered meanwhile and for the time zone have separate schedules.
                if asked.late and (earlier is None or session.sent - earlier >= least):
                    return
        if gap is not None and gap < least:
            if self._was_told(asked, session):
                asked.last = {key: session.sent}
                asked.things = asked.values = 1
                asked.what = what
            else:
                clock.fail("%s asks for the %s again after %d ms" % (device.device_id, what, gap))

    def _was_told(self, asked, session):
        # Whether a thing that it was told may have arrived only now. It arrives within 1.5 keepalives, or the link is
        # dead.
        longest = session.keepalive * 1500 + _LATE_SYNC_MS
        while asked.told:
            when = asked.told.pop(0)
            if clock.now - when < longest + clock.blocked_since(when):
                return True
        return False

    def attached(self, device_id):
        """Allow requests again: the cloud or an impostor has told the device another thing or none."""
        asked = self._of(device_id)
        asked.begins += 1
        asked.told.append(clock.now)
        if len(asked.told) > 9:
            asked.told.pop(0)

    def registered(self, device):
        """Allow one more request for last values in both ways, because a variable was registered meanwhile."""
        asked = self._of(device.identity.device_id)
        asked.allowed += 2
        asked.late = True

    def stored(self, device, stored, again):
        """Note that a device's value has arrived."""
        variable = stored.variable
        if variable.options.get("history"):
            sample = stored.value
            following = max(stored.sample + 1, variable.first_sample)
            if sample > following:
                stored.missing += sample - following
            stored.sample = max(stored.sample, sample)
        self.world.disturbances.stored(device, stored)

    # From the program

    def in_time(self, callback):
        """Check that a callback that is due is called in time."""
        if self.world.starved_since(callback.interval + 60000):
            return  # a call may have failed for lack of memory
        late = clock.now - callback.last - callback.interval - (clock.blocked - callback.blocked)
        program = self.world.program
        bound = _LATE_SYNC_MS * len(program.devices) if program.mode == "sync" else _LATE_MS
        if late > bound:
            clock.fail("'%s' of %s is called %d ms late" % (callback.name, callback.device.identity.device_id, late))

    def not_early(self, callback):
        """Check that the interval has passed since the callback's last call in this run."""
        if callback.called is None:
            return
        # It may have been called later than it was due.
        early = _EARLY_MS + clock.blocked_since(callback.called - callback.interval - 20000)
        # A coroutine begins some time after the call.
        interval = callback.interval // 2 if callback.style == "coroutine" else callback.interval
        if clock.now - callback.called < interval - early:
            clock.fail(
                "'%s' of %s is called after %d ms, not %d"
                % (callback.name, callback.device.identity.device_id, clock.now - callback.called, callback.interval)
            )

    def starved(self):
        """Check that every callback that is due has been called."""
        for device in self.world.program.devices:
            for callback in device.callbacks:
                if not callback.under_way:
                    self.in_time(callback)

    def synced(self, device):
        """Check the event "sync"."""
        if device.syncs > device.connects:
            name = device.identity.device_id
            clock.fail("%s: %d events 'sync', %d 'connect'" % (name, device.syncs, device.connects))

    def flushed(self, device):
        """Check that everything has arrived, as flush() says."""
        thing = device.identity.thing
        if thing is None or device.client.thing_id != thing.thing_id:
            return
        for variable in device.variables:
            stored = thing.stored[variable.name]
            value = device.get(variable)
            if type(variable.options.get("publish")) is int:
                continue  # not due yet
            if isinstance(value, dict) and None in value.values():
                continue
            if variable.publishes and not variable.writable and value is not None:
                if not variable.agrees(value, stored.value):
                    clock.fail(
                        "flush() of %s is true, and of %s the cloud has %r, the device %r"
                        % (device.identity.device_id, variable.describe(), stored.value, value)
                    )

    # At the end of a quiet minute

    def agreement(self, device):
        """Check that both sides agree on every variable."""
        name = device.identity.device_id
        thing = device.identity.thing
        if device.client.thing_id != thing.thing_id:
            clock.fail("%s is attached to %r, not to %s" % (name, device.client.thing_id, thing.thing_id))
        if device.clean is False:
            clock.fail("%s: flush() is false after a quiet minute" % name)
        for variable in device.variables:
            if variable.name not in device.client.records:
                continue
            value = device.get(variable)
            stored = thing.stored[variable.name]
            if not stored.doubtful and not variable.agrees(value, stored.value):
                clock.fail(
                    "%s of %s: the device has %r, the cloud %r" % (variable.describe(), name, value, stored.value)
                )
            if variable.options.get("history") and not variable.options.get("publish"):
                self._samples(device, variable, stored)

    def echoes(self, device):
        """Check that no variable was published more often than it changed on either side.

        A connection may add a packet that was not acknowledged, and a value that won over the cloud's last one.
        """
        begins = self._of(device.identity.device_id).begins
        for variable in device.variables:
            publish = variable.options.get("publish")
            allowed = variable.changes + 3 * begins
            if variable.options.get("history"):
                continue  # each connection may send all samples again
            if type(publish) is int:
                allowed += clock.now // (1000 * publish)
            stored = [thing.stored[variable.name] for thing in device.identity.things]
            published = sum([one.records for one in stored])
            allowed += sum([one.writes for one in stored])
            if published > allowed:
                clock.fail(
                    "%s of %s was published %d times for %d changes"
                    % (variable.describe(), device.identity.device_id, published, allowed)
                )

    def _samples(self, device, variable, stored):
        if variable.next_sample == variable.first_sample:
            return
        if stored.sample != variable.next_sample - 1:
            clock.fail(
                "%s of %s: the cloud has the sample %d, the device took %d"
                % (variable.describe(), device.identity.device_id, stored.sample, variable.next_sample - 1)
            )

    def polls(self, before, traffic, ms):
        """Check that the event loop has not polled more often than there was something to do."""
        polls = clock.polls - before
        allowed = 200 + _POLLS * traffic + ms // 500
        if polls > allowed:
            clock.fail("%d polls in %d ms for %d things to do" % (polls, ms, traffic))

    def heap(self, size, run):
        """Check the heap: `size` bytes are used after a collection in run number `run`, with the same objects alive."""
        if clock.now >> 30 and not self._large:
            self._large = True  # from now on each recorded time is an object of its own on 32 bits
            self._heap.clear()
            self._run.clear()
        if run != self._number:
            self._number = run
            self._run.clear()
        self._grows(self._heap, size, _OLD_RUN + _HEAP)
        self._grows(self._run, size, _HEAP)

    @staticmethod
    def _grows(heap, size, more):
        if len(heap) > 60:
            heap[:] = [heap[i] for i in range(0, len(heap), 2)]
        heap.append(size)
        if len(heap) >= 9:
            third = len(heap) // 3
            early = max(heap[third : 2 * third])
            late = min(heap[-third:])
            if late > early + more:
                clock.fail("the heap grows: %s" % " ".join([str(size) for size in heap]))
