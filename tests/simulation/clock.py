"""The simulated clock. Time passes only where somebody waits, and then at once, from one event to the next."""

PERIOD = 1 << 30  # of the ticks in ms, as on a 32-bit board, on every interpreter
_HALF = PERIOD >> 1
_STILL = 4000  # polls at one moment: no program of ours has so much to do at once


PLANNED = "planned"  # in the text of each exception that the program raises on purpose


class Failed(BaseException):
    """A check has failed. No `except Exception` in between swallows it."""


class Clock:
    """`now` is in ms since the beginning of the world. What goes wrong is noted by `fail`, and raised by the next wait,
    since an exception out of a callback might be swallowed on its way."""

    def __init__(self):
        self.reset()

    def reset(self, first_tick=0, wall=1800000000):
        """Begin anew: at this tick, at this Unix time."""
        self.now = 0
        self.first_tick = first_tick
        self.wall = wall
        self.events = []  # (when, call, arguments), the next one last
        self.blocked = 0  # ms that the program or a look-up of a name stood still
        self.may_block = False  # it is no fault to wait without the event loop
        self.in_loop = True  # the program has an event loop of its own
        self.interrupt = None  # an exception that comes out of the next wait, as Ctrl-C does
        self.failure = None
        self.polls = self.sleeps = 0
        self._at = self._still = 0
        self._blocks = []  # the last ones: (their end, ms)

    def fail(self, text):
        """Note that a check has failed; the first one counts."""
        if not self.failure:
            self.failure = "at %s: %s" % (self, text)

    def check(self):
        """Raise Failed where a check has."""
        if self.failure:
            raise Failed(self.failure)

    def __str__(self):
        seconds = self.now // 1000
        return "%dd %02d:%02d:%02d.%03d" % (
            seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60, self.now % 1000
        )

    # What the program reads

    def ticks_ms(self):
        """As time.ticks_ms."""
        return (self.first_tick + self.now) % PERIOD

    def unix(self):
        """The wall clock: Unix time in seconds, a float."""
        return self.wall + self.now / 1000

    def set_wall(self, unix):
        """Move the wall clock; the ticks know nothing of it."""
        self.wall = unix - self.now // 1000

    # Events

    def at(self, delay, call, *arguments):
        """Have `call(*arguments)` called in `delay` ms."""
        when = self.now + delay
        events = self.events
        i = len(events)
        while i and events[i - 1][0] <= when:
            i -= 1
        events.insert(i, (when, call, arguments))

    def _next(self):
        when, call, arguments = self.events.pop()
        if when > self.now:
            self.now = when
        call(*arguments)

    # Waiting

    def wait(self, ms, ready):
        """Let time pass until `ready()` returns something true, for `ms` at most (None: for ever). Returns that."""
        self.polls += 1
        self.check()
        if self.now != self._at:
            self._at = self.now
            self._still = 0
        self._still += 1
        if self._still > _STILL:
            self.fail("the program spins: %d polls, and the time stands still" % self._still)
            self.check()
        self._interrupted()
        found = ready()
        if found or ms == 0:
            return found
        self.sleeps += 1
        end = None if ms is None else self.now + ms
        events = self.events
        while True:
            if not events and end is None:
                self.fail("the program waits for ever, and nothing will happen")
                self.check()
            if not events or end is not None and events[-1][0] > end:
                self.now = end
                return ready()
            self._next()
            self.check()
            self._interrupted()
            found = ready()
            if found:
                return found

    def _interrupted(self):
        if self.interrupt:
            error = self.interrupt
            self.interrupt = None
            raise error

    def block(self, ms, counts=True):
        """The program stands still, the world goes on. `counts`: which is no fault of the client's."""
        end = self.now + ms
        while self.events and self.events[-1][0] <= end:
            self._next()
        self.now = end
        if counts:
            self._count(ms)

    def _count(self, ms):
        self.blocked += ms
        self._blocks.append((self.now, ms))
        if len(self._blocks) > 40:
            self._blocks.pop(0)

    def blocked_since(self, when):
        """For how long the program stood still since then, in ms."""
        return sum([ms for end, ms in self._blocks if end > when])

    def skip(self, ms):
        """The device is off for so long; the world waits for it, but for the clocks."""
        self.now += ms
        self.events = [(when + ms, call, arguments) for when, call, arguments in self.events]

    def sleep(self, ms):
        """As time.sleep_ms, which is a fault inside an event loop, unless a callback of the program does it."""
        self.check()
        self._interrupted()
        if not self.may_block:
            self.fail("the client blocks the event loop for %d ms" % ms)
        self.block(max(0, ms))


def ticks_add(a, b):
    """As time.ticks_add: no step may be half a period."""
    if not -_HALF < b < _HALF:
        raise OverflowError("ticks interval overflow")
    return (a + b) % PERIOD


def ticks_diff(a, b):
    """As time.ticks_diff."""
    return (a - b + _HALF) % PERIOD - _HALF


clock = Clock()  # the only one: what stands in for `time` reads it
