"""The callbacks of the simulated program, and the trouble that they make by chance."""

import asyncio

from .clock import PLANNED, clock

_ERRORS = (ValueError, OSError, KeyError, TypeError, ZeroDivisionError, MemoryError, RuntimeError, AttributeError)


class Callback:
    """A callback of the program. `interval`: ms after which it is due again, None if an event calls it."""

    def __init__(self, device, name, style, interval=None):
        self.device = device
        self.name = name
        self.style = style
        self.interval = interval
        self.last = clock.now  # when it was called or could have been
        self.blocked = clock.blocked
        self.under_way = False
        self.called = None  # when it was called in this run

    def enter(self):
        """Note the call and check its time."""
        self.device.program.traffic += 1
        check = self.device.program.check
        if self.interval is not None:
            check.in_time(self)
            check.not_early(self)
        self.called = clock.now
        self.last = clock.now
        self.blocked = clock.blocked

    def misbehave(self):
        """Make trouble, as its style says."""
        program = self.device.program
        chance = program.chance
        if program.calm:
            return
        if self.style == "raises" and chance.one_in(2):
            raise chance.choice(_ERRORS)(PLANNED)
        if self.style == "blocks" and chance.one_in(3):
            clock.block(chance.wide(1, 4000))
        if self.style == "ends" and program.has("ends") and chance.one_in(40):
            program.endings += 1
            raise (KeyboardInterrupt if chance.one_in(2) else SystemExit)(PLANNED)

    async def linger(self):
        """Do what a coroutine does."""
        if self.style == "endless" and not self.device.program.chance.below(3):
            while True:
                await asyncio.sleep(3600)
        self.under_way = True
        try:
            await asyncio.sleep(self.device.program.chance.below(3000) / 1000)
            self.misbehave()
        finally:
            self.under_way = False
            self.last = clock.now
            self.blocked = clock.blocked
