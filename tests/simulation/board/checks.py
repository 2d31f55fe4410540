"""What must be true for a board, beside what simulation.checks demands of its client."""

from ..checks import Checks
from ..clock import clock
from . import host
from .power import clock_is_right, power
from .radio import conditions, way

# The longest time until a board is back after everything works again, by the bounds of docs/device.md:
# 150 s until Wi-Fi is joined, and up to 60 s for each network tried before; on Ethernet 60 s and 12 s; a link that
# carries nothing is noticed within 1.5 keepalives. Then the client: a pause of up to 60 s, an attempt of 15 s that began
# before, 4 s for a silent name server, 3 s for the time, 32 s until it requests the thing again.
_JOIN_S = 150
_EACH_NETWORK_S = 60
_CLIENT_S = 60 + 15 + 4 + 3 + 32 + 15
_NOTICED_MS = 10000 + 6000  # a lost link: 10 s on an ESP32, which reconnects by itself; 6 s in all by docs/device.md


_ATTEMPT_MS = 15000
_ON_THE_WAY_MS = 5000
_SET = 1704067200  # a clock that shows less has not been set
_JUST_MS = 30000
# If neither the name server nor the gateway answers, the link is given up: after 3 failed attempts, and two tries of 3 s.
_DOUBT_MS = 120000


class BoardChecks(Checks):
    """The cloud, the broker, the network and the board's parts call these at every step."""

    def __init__(self, world):
        super().__init__(world)
        self.logins = 0
        self._login = 0
        self._look = None
        self._drops = None
        self.linked = 0  # when the link was there last

    # The link

    def link_changed(self, up):
        """Note that the link has come or gone."""
        self.world.note("the link is %s" % ("up" if up else "down"))
        self.linked = clock.now

    def link_seen(self):
        """Check that the program knows within the documented time that the link is gone."""
        program = self.world.program
        device = program.device
        if way.up:
            self.linked = clock.now
        if not (program.running and device and device.link) or way.up:
            return
        since = max(way.since, program.since)
        blocked = clock.blocked_since(since)
        if device.link.connected and clock.now - since > _NOTICED_MS + blocked and not self._is_deaf():
            clock.fail("the link has been down for %d ms, and it says connected" % (clock.now - since))

    def drops_seen(self):
        """Check that the program has dropped no sound link in the last ten seconds."""
        program = self.world.program
        link = program.running and program.device and program.device.link
        drops = link.drops if link else 0
        before, self._drops = self._drops, (link, drops)
        if not link or before is None or before[0] is not link or drops <= before[1]:
            return
        when, lasted = way.given_up
        # A driver that raises an exception may be in any state.
        if when < program.since or clock.now - when > _JUST_MS // 2:
            return  # the end of an earlier run
        if min(lasted, clock.now - conditions.raised) < _JUST_MS:
            return
        if not self.world.trouble.silent_since(_DOUBT_MS) and not self._is_deaf():
            clock.fail("the program has given up a link that was sound for %d s" % (lasted // 1000))

    def _is_deaf(self):
        # Only traffic can tell.
        return bool(self.world.driver_trouble.get("deaf") or self.world.driver_trouble.get("stale"))

    def looked_up(self, name):
        """Check that the program attempts nothing while it knows that there is no link."""
        super().looked_up(name)
        program = self.world.program
        device = program.device
        if clock.now - max(host.lost[0], program.since) < _ATTEMPT_MS:
            return  # an attempt that began before, perhaps in the task of an interrupted run
        if name == "cloud" and device and device.link and not device.link.connected:
            clock.fail("an attempt to connect to the cloud without a link")

    # The watchdog

    def bitten(self):
        """Check that the watchdog may bite."""
        program = self.world.program
        if not program.running or program.part_is_late():
            return
        if program.was_late and power.fed < program.since:
            return
        if program.offline and clock.now - max(self.linked, program.since) >= program.offline * 3600000:
            return
        clock.fail(
            "the watchdog bites: it was fed %d ms ago, and its limit is %d" % (clock.now - power.fed, power.limit)
        )

    # Once everything is healed

    def online(self, session):
        """Note that the board has logged in."""
        super().online(session)
        self.logins += 1
        self._login = clock.now

    def back_in_time(self, since):
        """Check that the board is back in time."""
        world = self.world
        networks = max(1, world.stored.usable())
        limit = _JOIN_S + _EACH_NETWORK_S * (networks - 1) + _CLIENT_S + 1.5 * world.program.keepalive
        if world.program.running and clock.now - since > 1000 * limit:
            device = world.program.device
            link = device and device.link
            clock.fail(
                "the board is not back after %d s: the link is %s and says %s, the client is in %s"
                % (limit, "up" if way.up else "down", link and link.stats(), world.program.state)
            )

    def quiet_begins(self):
        """Note what must not change in the quiet minute."""
        self._look = (self.logins, power.boots, self._connects())

    def _connects(self):
        return getattr(self.world.driver, "connects", 0)

    def quiet_ends(self, heap):
        """Check the board after a quiet minute."""
        world = self.world
        program = world.program
        if not world.is_back():
            clock.fail("the board is away after a quiet minute: %s" % program.state)
            return
        now = (self.logins, power.boots, self._connects())
        if now != self._look:
            clock.fail("(log-ins, boots, connects) in a quiet minute: from %r to %r" % (self._look, now))
        # A clock that is not set is set with the next connection; one that is set is always right.
        if not clock_is_right() and (clock.unix() > _SET or self._login > world.healed + _ATTEMPT_MS):
            clock.fail("the clock shows %d" % clock.unix())
        thing = program.identity.thing
        for variable in program.variables:
            value, stored = program.value(variable.name), thing.stored[variable.name]
            if variable.name == "up" and clock.now - program.counted < _ON_THE_WAY_MS:
                continue
            if not stored.doubtful and value != stored.value:
                clock.fail("%s: the board has %r, the cloud %r" % (variable.name, value, stored.value))
        self._stats(program.device.link)
        world.stored.check()
        if not world.wired and world.module.access_point.on:
            clock.fail("the access point of the set-up page is still on")
        size = heap()
        if size is not None:
            self.heap(size, program.generation)

    def _stats(self, link):
        if link is None:
            return
        stats = link.stats()
        if stats["state"] != "connected" or not stats["ip"] or stats["trouble"]:
            clock.fail("connected, and stats() says %r" % stats)
        # Ethernet counts an attempt once the interface has let itself be asked.
        if (
            link.kind != "Ethernet"
            and stats["failures"] > stats["attempts"]
            or stats["ip"] != self.world.module.address
        ):
            clock.fail("stats() does not add up: %r" % stats)
