"""The simulated clock. Time passes only when the program waits. Then it jumps at once from event to event."""

PERIOD = 1 << 30  # of the ticks, in ms; the same on every interpreter, as on a 32-bit board
_HALF = PERIOD >> 1
_STILL = 4000  # polls without passing time; no program of ours has so much to do at once


PLANNED = "planned"  # in the text of each exception that the program raises on purpose


class Failed(BaseException):
    """A check has failed. No `except Exception` swallows it."""


class Clock:
    """`now` is in ms since the beginning of the world.

    `fail` only records a failure, and the next wait raises it, because an exception from a callback might be swallowed.
    """

    def __init__(self):
        self.reset()

    def reset(self, first_tick=0, wall=1800000000):
        """Start again at this tick and this Unix time."""
        self.now = 0
        self.first_tick = first_tick
        self.wall = wall
        self.events = []  # (when, call, arguments), the next event last
        self.blocked = 0  # ms in which the program was blocked, including name look-ups
        self.may_block = False  # waiting outside the event loop is no fault
        self.in_loop = True  # the program has an event loop of its own
        self.interrupt = None  # an exception that the next wait raises, like Ctrl-C
        self.failure = None
        self.polls = self.sleeps = 0
        self._at = self._still = 0
        self._blocks = []  # the last ones as (end, ms)

    def fail(self, text):
        """Record that a check has failed. Only the first failure counts."""
        if not self.failure:
            self.failure = "at %s: %s" % (self, text)

    def check(self):
        """Raise Failed if a check has failed."""
        if self.failure:
            raise Failed(self.failure)

    def __str__(self):
        seconds = self.now // 1000
        return "%dd %02d:%02d:%02d.%03d" % (
            seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60, self.now % 1000
        )

    # What the program reads

    def ticks_ms(self):
        """Like time.ticks_ms."""
        return (self.first_tick + self.now) % PERIOD

    def unix(self):
        """Return the wall clock's Unix time in seconds, a float."""
        return self.wall + self.now / 1000

    def set_wall(self, unix):
        """Set the wall clock. The ticks do not change."""
        self.wall = unix - self.now // 1000

    # Events

    def at(self, delay, call, *arguments):
        """Call `call(*arguments)` in `delay` ms."""
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
        """Let time pass until `ready()` is true, at most `ms` (None: forever). Return its last value."""
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
        """Block the program while the world continues. `counts`: the client is not to blame for it."""
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
        """Return for how many ms the program has been blocked since `when`."""
        return sum([ms for end, ms in self._blocks if end > when])

    def skip(self, ms):
        """Switch the device off for so long. Meanwhile only the clocks go on, and the world stops."""
        self.now += ms
        self.events = [(when + ms, call, arguments) for when, call, arguments in self.events]

    def sleep(self, ms):
        """Like time.sleep_ms. It is a fault inside an event loop, unless a callback of the program calls it."""
        self.check()
        self._interrupted()
        if not self.may_block:
            self.fail("the client blocks the event loop for %d ms" % ms)
        self.block(max(0, ms))


def ticks_add(a, b):
    """Like time.ticks_add. No step may be half a period."""
    if not -_HALF < b < _HALF:
        raise OverflowError("ticks interval overflow")
    return (a + b) % PERIOD


def ticks_diff(a, b):
    """Like time.ticks_diff."""
    return (a - b + _HALF) % PERIOD - _HALF


clock = Clock()  # the only one; the stand-ins for `time` read it
