"""The trouble that a board has. Each kind has a method, called now and then; `heal` undoes all of them."""

from ..chance import Chance
from ..clock import PLANNED, clock
from ..network import network
from .power import HARD_RESET, PWRON_RESET, SOFT_RESET, power
from .radio import RAISES, air, way

# Kind -> the mean time between two of it in a world of pace 1, in seconds
TROUBLE = {
    "away": 300,
    "resets": 900,
    "interrupts": 900,
}


class Trouble:
    """The trouble of one world."""

    def __init__(self, world):
        self.world = world
        self._chances = {}
        for feature in sorted(TROUBLE):
            if world.has(feature):
                self._chances[feature] = Chance(world.seed, feature)
                self._plan(feature)

    def stored(self, device, stored):
        """Do nothing when a value has arrived."""

    def _plan(self, feature):
        pace = self.world.pace
        seconds = self._chances[feature].wide(pace, 4 * pace * TROUBLE[feature])
        clock.at(1000 * seconds, self._due, feature)

    def _due(self, feature):
        self._plan(feature)
        if not self.world.program.calm and power.on:
            getattr(self, feature)(self._chances[feature])

    def _for_a_while(self, chance, what, change, back, longest=900):
        ms = 1000 * chance.wide(1, longest)
        self.world.note("%s for %d s" % (what, ms // 1000))
        change()
        clock.at(ms, back)

    def heal(self):
        """Make everything work again."""
        clock.interrupt = None
        network.heal()
        for point in air.points.values():
            point.on = True
        self.world.cable.on = True
        self._seen()

    def _seen(self):
        if self.world.wired:
            self.world.driver.plugged()
        else:
            air.changed()
        way.look()

    # Places

    def away(self, chance):
        """Take the access points away, or the cable."""
        world = self.world
        points = list(air.points.values())
        chosen = points if chance.below(3) else points[:1]

        def go():
            world.cable.on = False
            for point in chosen:
                point.on = False
            self._seen()

        def come():
            world.cable.on = True
            for point in chosen:
                point.on = True
            self._seen()

        self._for_a_while(chance, "no access point", go, come, min(600 * world.pace, 14400))

    # The board

    def resets(self, chance):
        """Reset the board, or switch it off for a while."""
        cause = chance.choice((PWRON_RESET, PWRON_RESET, HARD_RESET, SOFT_RESET))
        self.world.note("a reset of kind %d" % cause)
        power.reset(cause, 1000 * chance.wide(1, 600) if cause == PWRON_RESET else 0)

    def interrupts(self, chance):
        """Press Ctrl-C."""
        if self.world.program.running:
            self.world.note("Ctrl-C")
            clock.interrupt = KeyboardInterrupt(PLANNED)


__all__ = ("RAISES", "TROUBLE", "Trouble")
