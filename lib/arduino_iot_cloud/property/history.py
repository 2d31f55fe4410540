"""The samples of a property that the cloud does not have yet, with their times.

Imported when a property is made with `history=N`.
"""

from array import array

from ..port import ticks_ms, timestamp
from .policy import Policy


class History(Policy):
    """The last `history` samples of one property, in a ring that is made at once and never grows.

    Every assignment is a sample; with `publish=`, what that policy finds worth publishing is one,
    connected or not. A sample stays until the cloud has acknowledged it. Where the ring is full, a
    new one takes the place of the oldest, which `lost` counts. While the clock is not set, samples
    have no time, and get that of their arrival.
    """

    history = 0
    store = None  # a path or an object, as given; once registered, the object that keeps the samples over a reset
    first = 0  # the oldest sample
    count = 0  # samples in the ring
    sent = 0  # of these, the oldest ones, which are under way
    gone = 0  # samples that were under way when the ring was full

    def register(self, client):
        """As Policy.register."""
        size = self.history
        self.values = [None] * size
        self.times = array("I", [0] * size)
        store = self.store
        if store:
            self.store = None
            if isinstance(store, str):
                from .stores import open_store

                store = open_store(store)
            store.load(self)
            self.store = store
        super().register(client)
        self._mark()

    def poke(self):
        """As Policy.poke: takes a sample if one is due."""
        p = self.p
        if p.client and p.initialized and self.permission != "write":
            now = ticks_ms()
            wait = self.wait(now)
            if wait is None:
                return
            if wait > 0:
                self.schedule(now, wait)
            else:
                self.add(p.value, timestamp())
                super().written(now)
                self._mark()

    def add(self, value, time: int):
        """Put a sample into the ring, with its Unix time (0: unknown)."""
        size = len(self.values)
        if self.count == size:
            if self.sent:
                self.sent -= 1
                self.gone += 1
            else:
                self.lost += 1
            self._drop(1)
        place = (self.first + self.count) % size
        # A tuple takes less room than a dict
        self.values[place] = tuple([value[key] for key in self.p.KEYS]) if isinstance(value, dict) else value
        self.times[place] = min(time, 0xFFFFFFFF)
        self.count += 1
        if self.store:
            self.store.add(value, time)

    def _drop(self, n):
        for i in range(n):
            self.values[(self.first + i) % len(self.values)] = None
        self.first = (self.first + n) % len(self.values)
        self.count -= n

    def _mark(self):
        # Say in `changed` what the session has to do.
        if self.sent == self.count:
            self.p.changed = -1 if self.sent else 0
        else:
            self.p.owe()

    def __iter__(self):
        """The samples, oldest first, as (value, time)."""
        for i in range(self.count):
            yield self._sample(i)

    def _sample(self, i):
        # The value and the time of a sample.
        place = (self.first + i) % len(self.values)
        value = self.values[place]
        return dict(zip(self.p.KEYS, value)) if isinstance(value, tuple) else value, self.times[place]

    def ready(self, now: int) -> bool:
        """As Policy.ready."""
        self.calling = False
        self._mark()
        return self.sent < self.count

    def write(self, writer):
        """Write as many samples as there is room for; if for none, the first one, beyond the end."""
        sent = self.sent
        while self.sent < self.count:
            pos = writer.pos
            value, time = self._sample(self.sent)
            self.p.write(writer, time, value)
            if writer.pos >= len(writer.buf):  # the pack needs a byte more
                if self.sent > sent:
                    writer.pos = pos
                return
            self.sent += 1

    def written(self, now: int):
        """As Policy.written; a sample that was refused, since no packet can hold it, is dropped."""
        if not self.p.changed:
            self.lost += 1
            self._remove(1)
            self.p.client.wake()
        self._mark()

    def acknowledged(self):
        """As Policy.acknowledged."""
        sent = self.sent
        self.sent = self.gone = 0
        if sent:
            self._remove(sent)
        self._mark()

    def _remove(self, n):
        self._drop(n)
        if self.store:
            self.store.remove(n)

    def owes(self) -> bool:
        """As Policy.owes."""
        return self.count > 0

    def resend(self):
        """As Policy.resend: the samples that were under way are sent once more; those that found no room are lost."""
        self.lost += self.gone
        self.sent = self.gone = 0
        self._mark()

    def begin(self):
        """As Policy.begin: what was under way to the other thing, and what it has not had, goes to this one."""
        if not self.count:
            super().begin()
        self.resend()

    def pending(self, now: int) -> bool:
        """As Policy.pending."""
        return self.count > 0 or super().pending(now)
