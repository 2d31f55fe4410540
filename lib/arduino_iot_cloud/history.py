"""The samples of a property that the cloud does not have yet, with their times.

Imported when a property is made with `history=N`.
"""

from array import array

from .port import timestamp


class History:
    """The last `size` samples of one property, in a ring that is made at once and never grows.

    A sample stays until the cloud has acknowledged it. Where the ring is full, a new sample takes
    the place of the oldest, which `lost` counts. While the clock is not set, samples have no time.
    """

    def __init__(self, size: int):
        if type(size) is not int or not 1 <= size <= 10000:
            raise ValueError("history is a number of samples from 1 to 10000, not %r" % (size,))
        self._values = [None] * size
        self._times = array("I", [0] * size)
        self._start = 0  # the oldest sample
        self.count = 0  # samples in the ring
        self.sent = 0  # of these, the first so many are under way
        self.lost = 0  # samples that found no room
        self.store = None  # a `persistence.Store`, which keeps the samples over a reset

    def add(self, value, time: int = 0):
        """Take a sample with its Unix time, 0 for now."""
        size = len(self._values)
        if self.count == size:
            self._start = (self._start + 1) % size
            self.count -= 1
            self.lost += 1
            if self.sent:
                self.sent -= 1
        place = (self._start + self.count) % size
        self._values[place] = dict(value) if isinstance(value, dict) else value
        self._times[place] = time or timestamp()
        self.count += 1
        if self.store:
            self.store.add(value, self._times[place])

    def __iter__(self):
        """The samples, oldest first, as (value, time)."""
        for i in range(self.count):
            place = (self._start + i) % len(self._values)
            yield self._values[place], self._times[place]

    def fill(self, p, writer) -> bool:
        """Write as many samples as there is room for. Returns whether some are left for the next packet."""
        limit = len(writer.buf) - 1  # the "break" of the pack
        while self.sent < self.count:
            place = (self._start + self.sent) % len(self._values)
            pos = writer.pos
            p.write(writer, self._times[place], self._values[place])
            if writer.pos > limit:
                writer.pos = pos
                p.changed = 2
                return True
            self.sent += 1
            p.changed = -1
        return False

    def again(self):
        """What was under way is not: it has to be sent again."""
        self.sent = 0

    def acknowledged(self, p):
        """The cloud has the samples that `fill` wrote."""
        for i in range(self.sent):
            self._values[(self._start + i) % len(self._values)] = None
        self._start = (self._start + self.sent) % len(self._values)
        self.count -= self.sent
        self.sent = 0
        if self.count:
            p.changed = 1
        if self.store:
            self.store.rewrite(self)
