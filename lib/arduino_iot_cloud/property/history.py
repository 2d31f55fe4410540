"""The samples of a property that the cloud has not acknowledged yet, with their times.

Imported when a property is made with `history=N`.
"""

from array import array

from ..port import ticks_ms, timestamp
from .policy import Policy


class History(Policy):
    """The last `history` samples of one property, in a ring that is allocated once and never grows.

    Every assignment is a sample; with `publish=`, only what that policy would publish, connected or
    not. A sample stays until the cloud has acknowledged it. If the ring is full, a new sample replaces
    the oldest, which `lost` counts. While the clock is not set, samples have no time, and the cloud
    gives them the time of their arrival.
    """

    history = 0
    store = None  # a path or an object, as given; once registered, the object that stores the samples
    first = 0  # index of the oldest sample
    count = 0  # samples in the ring
    sent = 0  # how many of them, the oldest ones, are under way
    gone = 0  # samples that were under way when the full ring replaced them

    def register(self, client):
        """See Policy.register."""
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
        """Take a sample if one is due. See Policy.poke."""
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
        """Add a sample to the ring, with its Unix time (0: unknown)."""
        size = len(self.values)
        if self.count == size:
            if self.sent:
                self.sent -= 1
                self.gone += 1
            else:
                self.lost += 1
            self._drop(1)
        place = (self.first + self.count) % size
        # A tuple takes less memory than a dict.
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
        # Set `changed`, which tells the session what to do.
        if self.sent == self.count:
            self.p.changed = -1 if self.sent else 0
        else:
            self.p.owe()

    def __iter__(self):
        """Iterate over the samples, oldest first, as (value, time)."""
        for i in range(self.count):
            yield self._sample(i)

    def _sample(self, i):
        # The value and the time of a sample.
        place = (self.first + i) % len(self.values)
        value = self.values[place]
        return dict(zip(self.p.KEYS, value)) if isinstance(value, tuple) else value, self.times[place]

    def ready(self, now: int) -> bool:
        """See Policy.ready."""
        self.calling = False
        self._mark()
        return self.sent < self.count

    def write(self, writer):
        """Write as many samples as fit; if none fits, write the first one beyond the end."""
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
        """Drop a sample that was refused because no packet can hold it. See Policy.written."""
        if not self.p.changed:
            self.lost += 1
            self._remove(1)
            self.p.client.wake()
        self._mark()

    def acknowledged(self):
        """See Policy.acknowledged."""
        sent = self.sent
        self.sent = self.gone = 0
        if sent:
            self._remove(sent)
        self._mark()

    def _remove(self, n):
        self._drop(n)
        if self.store:
            self.store.remove(n)

    def _refuse(self, offered, whole):
        # The cloud keeps its last value when samples come late. One without a time makes the device's value count.
        if self.sync and self.count:
            value = self.p.value
            if any(value[key] != offered[key] for key in offered) if whole else value != offered[None]:
                self.add(value, 0)
                self._mark()
        else:
            super()._refuse(offered, whole)

    def owes(self) -> bool:
        """See Policy.owes."""
        return self.count > 0

    def resend(self):
        """Send the samples again that were under way; those that the ring has replaced are lost. See Policy.resend."""
        self.lost += self.gone
        self.sent = self.gone = 0
        self._mark()

    def begin(self):
        """Send all samples to the new thing, also those that were under way to the old one. See Policy.begin."""
        if not self.count:
            super().begin()
        self.resend()

    def pending(self, now: int) -> bool:
        """See Policy.pending."""
        return self.count > 0 or super().pending(now)
