"""The trouble around a board: its access points or cable, the driver, and what is beyond the access point."""

from ..clock import clock
from ..network import network
from .power import power
from .radio import air, conditions, way

# What drivers raise
_RAISES = (
    lambda: OSError("Wifi Internal Error"),
    lambda: OSError(5),
    lambda: RuntimeError("Wifi Unknown Error 0x3004"),
    lambda: OSError("could not connect to ssid=home, sec=4, key=a password of home"),
)
SUBNET = "192.0.%d.%d"


class Surroundings:
    """What happens around the board of a world. Each method is a kind of trouble."""

    def __init__(self, world):
        self.world = world
        self._silent = 0  # how many things make the link carry nothing
        self._silent_at = -(1 << 40)  # when one did last
        self._number = 7  # of addresses
        self._heals = 0

    def _for_a_while(self, chance, what, change, back, longest=900):
        ms = 1000 * chance.wide(1, longest)
        self.world.note("%s for %d s" % (what, ms // 1000))
        change()
        clock.at(ms, self._back, self._heals, back)

    def _back(self, heals, back):
        if heals == self._heals:
            back()

    def _seen(self):
        if power.on:
            if self.world.wired:
                self.world.driver.plugged()
            else:
                air.changed()
            way.look()

    @staticmethod
    def _password(point):
        return "a password of %s" % point.ssid

    # Access points and cables

    def _points(self, chance):
        points = list(air.points.values())
        return points if chance.below(3) else points[:1]

    def away(self, chance):
        """Take the access points away, or the cable."""
        self._away(chance, min(600 * self.world.pace, 14400))

    def blips(self, chance):
        """Take them away for some seconds."""
        self._away(chance, 20)

    def _away(self, chance, longest):
        world = self.world
        chosen = self._points(chance)

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

        self._for_a_while(chance, "no access point", go, come, longest)

    def passwords(self, chance):
        """Change the password of the access points. Who is connected stays so until the next loss."""
        chosen = self._points(chance)

        def change():
            for point in chosen:
                point.password = "another password"

        def back():
            for point in chosen:
                point.password = self._password(point)

        self._for_a_while(chance, "other passwords", change, back, 3600)

    def _address(self, point):
        self._number = 2 + self._number % 200
        return SUBNET % (2 + list(sorted(air.points)).index(point.ssid), self._number)

    def addresses(self, chance):
        """Assign other addresses."""
        self.world.note("other addresses")
        for point in air.points.values():
            if point.ip:
                point.ip = self._address(point)
        self._number = 2 + self._number % 200
        if self.world.cable.ip:
            self.world.cable.ip = SUBNET % (2, self._number)
        if chance.below(3):
            self._seen()  # otherwise they are assigned at the next connection

    def dhcp(self, chance):
        """Let DHCP give no address to whoever connects."""
        cable = self.world.cable

        def go():
            cable.ip = None
            for point in air.points.values():
                point.ip = None

        def come():
            cable.ip = SUBNET % (2, self._number)
            for point in air.points.values():
                point.ip = self._address(point)
            self._seen()

        self._for_a_while(chance, "no DHCP", go, come)

    def leases(self, chance):
        """Let the lease end, while isconnected() stays true. Only connecting again brings an address."""
        if way.up and self.world.kind in ("esp32", "lan", "stm32", "cyw43"):
            self.world.driver.lease_over = chance.choice(("0.0.0.0", "raises"))
            self.world.note("the lease is over: %s" % self.world.driver.lease_over)
            way.look()

    # The driver

    def rssi(self, chance):
        """Let the signal strength not be readable."""

        def go():
            conditions.no_rssi = True

        def come():
            conditions.no_rssi = False

        self._for_a_while(chance, "no rssi", go, come, 3600)

    def drivers(self, chance):
        """Let every call of the driver raise an exception."""
        raises = chance.choice(_RAISES)

        def go():
            conditions.raises = raises

        def come():
            conditions.raises = None

        self._for_a_while(chance, "the driver raises", go, come, 3600)

    def refuses(self, chance):
        """Let connect() raise an exception, and the name of the network not be readable."""
        raises = chance.choice(_RAISES + (lambda: ValueError("bad"), lambda: TypeError("worse")))

        def go():
            conditions.refuses = raises
            conditions.no_ssid = True

        def come():
            conditions.refuses = None
            conditions.no_ssid = False

        self._for_a_while(chance, "connect() is refused", go, come)

    def scans(self, chance):
        """Let scans hang or raise an exception."""
        how = chance.choice(("hangs", "raises"))

        def go():
            conditions.scans = how

        def come():
            conditions.scans = None

        self._for_a_while(chance, "a scan %s" % how, go, come)

    # Beyond the access point

    def names(self, chance):
        """Take the name server away."""
        how = chance.choice(("refused", "silent"))

        def go():
            network.no_names = how

        def come():
            network.no_names = None

        self._for_a_while(chance, "name server: %s" % how, go, come)

    def gateways(self, chance):
        """Let the access point pass nothing on, and answer nothing itself."""

        def go():
            self._silent += 1
            network.no_names = "silent"
            network.dead.update(("192.0.2.1", "10.0.0.1", "10.1.0.1"))
            for connection in network.connections:
                if not connection.local:
                    connection.up.hang()
                    connection.down.hang()

        def come():
            self._hear()
            network.no_names = None
            network.dead.clear()
            for connection in network.connections:
                connection.heal()

        self._for_a_while(chance, "nothing gets through", go, come)

    def times(self, chance):
        """Take the time server away."""

        def go():
            self.world.no_time = True

        def come():
            self.world.no_time = False

        self._for_a_while(chance, "no time server", go, come, 7200)

    def broker(self, chance):
        """Take the broker away."""
        how = chance.below(2)

        def go():
            if how:
                self.world.broker.mute = True
            else:
                network.dead.add("10.0.0.1")
            for connection in list(network.connections):
                if not connection.local:
                    connection.vanish()

        def come():
            self.world.broker.mute = False
            network.dead.discard("10.0.0.1")

        self._for_a_while(chance, "the broker does not answer", go, come)

    def cuts(self, chance):
        """End a connection."""
        connections = [one for one in network.connections if not one.local]
        if connections:
            how = chance.choice(("reset", "finish", "vanish"))
            self.world.note("a connection ends: %s" % how)
            getattr(chance.choice(connections), how)()

    def writes(self, chance):
        """Set a variable from the dashboard."""
        world = self.world
        world.program.traffic += 1
        world.cloud.write(world.program.identity.thing, "target", chance.below(1000))
