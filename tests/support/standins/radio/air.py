"""The world of the stand-in radios: virtual time, and the access points in range."""


class World:
    """The clock, the access points, and scheduled events. `now` is in ms."""

    def __init__(self):
        self.now = 0
        self.points = {}
        self._agenda = []

    def point(self, ssid, password=None, **more):
        """Add an access point and return it."""
        self.points[ssid] = Point(ssid, password, **more)
        return self.points[ssid]

    def at(self, ms, function):
        """Call a function at that time."""
        self._agenda.append((ms, function))

    def again(self, function):
        """Call a function a little later, and thus again and again."""
        self.at(self.now + 100, function)

    def spend(self, ms):
        """Let time pass. What is due happens in order."""
        end = self.now + ms
        while True:
            due = [entry for entry in self._agenda if entry[0] <= end]
            if not due:
                break
            entry = min(due, key=lambda one: one[0])
            self._agenda.remove(entry)
            self.now = max(self.now, entry[0])
            entry[1]()
        self.now = end


class Point:
    """An access point: whether it is on, its password, its signal, and the address that it assigns next."""

    def __init__(self, ssid, password=None, rssi=-60, hidden=False, on=True, ip="192.0.2.7"):
        self.ssid = ssid
        self.password = password
        self.rssi = rssi
        self.hidden = hidden
        self.on = on
        self.ip = ip
