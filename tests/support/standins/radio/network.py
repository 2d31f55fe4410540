"""A stand-in for the radio: the module `network` as in four kinds of ports, in virtual time.

After `world = World()`, `module = Module(world, "esp32")` has the interface of `network`: WLAN, hostname, country, and
constants. `world.points` are the access points in range, which a test switches on and off, or gives other passwords.
Each radio behaves like its driver (states and their order are from MicroPython 1.26's sources, trouble from the issues
of micropython-mqtt, micropython and pico-sdk that docs/wifi.md lists). Every call takes as long as on a board: the time
is from a source if one gives it (NINA and esp-hosted: their start), otherwise a cautious guess.
"""

from access_points import ACCESS_POINTS
from air import World

STA_IF = 0
AP_IF = 1


class Module:
    """The interface of `network`. `radio` is "esp32", "cyw43", "nina" or "esp-hosted"; for `trouble` see the radios."""

    STA_IF = STA_IF
    AP_IF = AP_IF

    def __init__(self, world, radio, **trouble):
        self.world = world
        self.calls = []  # what was called, in order: (ms, name, arguments)
        self.radio = _RADIOS[radio](self, **trouble)
        self.access_point = ACCESS_POINTS[radio]()
        if radio == "esp32":
            self.STAT_IDLE, self.STAT_CONNECTING, self.STAT_GOT_IP = 1000, 1001, 1010

    def called(self, name):
        """Return when it was called."""
        return [call[0] for call in self.calls if call[1] == name]

    def WLAN(self, interface=STA_IF):  # noqa: N802 - its name
        """Return the station or the access point, always the same ones."""
        return self.access_point if interface == AP_IF else self.radio

    def hostname(self, name):
        """Set the host name. It takes effect when the radio is switched on next, or connects."""
        self.calls.append((self.world.now, "hostname", (name,)))

    def country(self, code):
        """Set the country. It takes effect when the radio is switched on."""
        self.calls.append((self.world.now, "country", (code,)))


class Radio:
    """What the drivers have in common. `takes` are the ms for which calls block."""

    takes = {}
    PM_NONE, PM_POWERSAVE = 16, 17
    SEC_OPEN = 0

    def __init__(self, module):
        self.module = module
        self.world = module.world
        self.is_active = False
        self.point = None  # the access point that it is associated with
        self.address = None
        self.fixed = None
        self._generation = 0  # of scheduled events: a new attempt cancels those of the old one
        self.watch()

    def _call(self, name, *arguments):
        self.module.calls.append((self.world.now, name, arguments))
        self.world.spend(self.takes.get(name, 0))

    def active(self, on=None):
        if on is None:
            return self.is_active
        self._call("active" if on else "inactive")
        if on and not self.is_active:
            self.started()
        if not on:
            self.forget()
        self.is_active = on
        return None

    def isconnected(self):
        self.world.spend(self.takes.get("look", 0))
        return self.address is not None

    def ifconfig(self, given=None):
        if given is None:
            return (self.address or "0.0.0.0", "255.255.255.0", "192.0.2.1", "192.0.2.1")
        self._call("ifconfig", given)
        self.fixed = None if given == "dhcp" else given
        return None

    def scan(self):
        self._call("scan")
        points = [one for one in self.world.points.values() if one.on]
        return [(b"" if one.hidden else one.ssid.encode(), b"\0" * 6, 1, one.rssi, 3, 1) for one in points]

    def config(self, *names, **values):
        if names:
            return {"ssid": self.point.ssid if self.point else ""}[names[0]]
        self._call("config", values)
        return None

    def later(self, ms, function):
        generation = self._generation

        def due():
            if generation == self._generation:
                function()

        self.world.at(self.world.now + ms, due)

    def forget(self):
        """End everything that is in progress."""
        self._generation += 1
        self.point = self.address = None

    def started(self):
        """React to being switched on."""

    def in_reach(self, ssid):
        point = self.world.points.get(ssid)
        return point if point and point.on else None

    def addressed(self):
        """Take the address, from DHCP or a fixed one."""
        self.address = self.fixed[0] if self.fixed else self.point.ip

    def watch(self):
        """Check every 100 ms (`World.again`) whether the access point is still there, and whether it assigns another address."""
        point = self.point
        if point and not point.on:
            self.lost()
        elif self.address and not self.fixed:
            self.address = point.ip
        self.world.again(self.watch)


class Esp32(Radio):
    """Retries by itself, forever. Trouble:

    sticky: once the access point is back, each attempt ends with 202, until disconnect(), a pause, and connect().
    idle_passes: number of attempts after which the reason of the last disconnect() still shows, as 1000.
    wedged: connect() is refused until the radio has been off.
    password_reason: the reason that a wrong password shows as.
    """

    takes = {"active": 150, "inactive": 50, "connect": 5, "scan": 2500}

    def __init__(self, module, sticky=False, wedged=False, password_reason=202, idle_passes=0):
        super().__init__(module)
        self.reason = 0
        self.requested = self.trying = False
        self.sticky, self.wedged, self.password_reason = sticky, wedged, password_reason
        self.idle_passes = idle_passes
        self.stuck = False
        self._left_at = -10000

    def connect(self, ssid, key=None):
        self._call("connect", ssid)
        if not self.is_active:
            raise OSError("Wifi Not Started")
        if self.trying or self.address or self.wedged:
            raise OSError("Wifi Internal Error")
        if self.stuck and self.world.now - self._left_at >= 1000:
            self.stuck = False
        self.requested = True
        self.wanted = (ssid, key)
        self._try()

    def _try(self):
        self.trying = True
        ssid, key = self.wanted
        point = self.in_reach(ssid)
        if point is None:
            self.later(2500, lambda: self._failed(201))
        elif self.stuck or point.password != key:
            self.later(1500, lambda: self._failed(202 if self.stuck else self.password_reason))
        elif self.idle_passes:
            self.idle_passes -= 1
            self.later(600, lambda: self._failed(8))
        else:
            self.later(1200, lambda: self._associated(point))

    def _failed(self, reason):
        self.reason = reason
        if self.requested:
            self._try()

    def _associated(self, point):
        self.point = point
        self.later(800, self._got_ip)

    def _got_ip(self):
        self.trying = False
        self.reason = 0
        self.addressed()

    def lost(self):
        self.point = self.address = None
        self.stuck = self.sticky
        self._failed(200)

    def disconnect(self):
        self._call("disconnect")
        if not self.is_active:
            raise OSError("Wifi Not Started")
        self.forget()
        self.requested = self.trying = False
        self.reason = 8
        self._left_at = self.world.now

    def started(self):
        self.wedged = self.trying = self.requested = False
        self.reason = 0

    def status(self, what=None):
        if what == "rssi":
            if not self.point:
                raise OSError("Wifi Not Connected")
            return self.point.rssi
        if self.address:
            return 1010
        if self.reason in (201, 202, 205):
            return 201 if self.reason == 201 else 202
        if self.reason == 8:
            return 1000
        if self.requested:
            return 1001
        return 1000 if self.reason == 0 else self.reason


class Cyw43(Radio):
    """Never retries. Trouble:

    deaf: once the access point is gone, it is still "connected", but without a signal.
    stale: the same, but with the last signal. mute_password: a wrong password is never reported.
    first_fails: the first attempt after switching on ends with -1.
    """

    takes = {"active": 300, "inactive": 20, "connect": 10, "disconnect": 5, "scan": 3000, "config": 2}

    def __init__(self, module, deaf=False, stale=False, mute_password=False, first_fails=False):
        super().__init__(module)
        self.code = 0
        self.deaf, self.stale, self.mute_password, self.first_fails = deaf, stale, mute_password, first_fails
        self.signal = 0

    def connect(self, ssid, key=None):
        self._call("connect", ssid)
        if not self.is_active:
            raise OSError(1)
        self.forget()
        self.code = 1
        point = self.in_reach(ssid)
        if self.first_fails:
            self.first_fails = False
            self.later(3000, lambda: self._code(-1))
        elif point is None:
            self.later(2000, lambda: self._code(-2))
        elif point.password != key:
            if not self.mute_password:
                self.later(2000, lambda: self._code(-3))
        else:
            self.later(1500, lambda: self._joined(point))

    def _code(self, code):
        self.code = code

    def _joined(self, point):
        self.point = point
        self.code = 2
        self.later(1000, self._up)

    def _up(self):
        self.code = 3
        self.signal = self.point.rssi
        self.addressed()

    def lost(self):
        if self.deaf or self.stale:
            self.signal = 0 if self.deaf else self.signal
            return
        self.address = self.point = None
        self.code = 1  # forever

    def disconnect(self):
        self._call("disconnect")
        self.forget()
        self.code = 0

    def status(self, what=None):
        return self.signal if what == "rssi" else self.code


class Nina(Radio):
    """Reports no states and no reasons, and never reconnects. Trouble:

    refusals: so many connect() fail, with exceptions that contain the password.
    """

    takes = {"active": 850, "inactive": 20, "connect": 30, "disconnect": 10, "scan": 8000, "look": 2}
    PM_NONE = PM_POWERSAVE = None
    SEC_OPEN = 7

    def __init__(self, module, refusals=0):
        super().__init__(module)
        self.refusals = refusals
        self.garbage = False

    def connect(self, ssid, key=None, security=8):
        self._call("connect", ssid)
        if security != self.SEC_OPEN and not key:
            raise ValueError("key can't be empty")
        if self.refusals:
            self.refusals -= 1
            raise OSError("could not connect to ssid=%s, sec=%d, key=%s" % (ssid, security, key))
        self.forget()
        self.is_active = True
        point = self.in_reach(ssid)
        if point and (point.password or "") == key:
            self.later(3000, lambda: self._joined(point))

    def _joined(self, point):
        self.point = point
        self.addressed()
        self.garbage = True
        self.later(1000, self._settled)

    def _settled(self):
        self.garbage = False

    def ifconfig(self, given=None):
        if given == "dhcp":
            raise TypeError("object 'str' isn't a tuple or list")
        if given is None and self.garbage:
            return ("255.255.255.255",) * 4
        return super().ifconfig(given)

    def config(self, *names, **values):
        if values:
            raise ValueError("AP required")
        return super().config(*names)

    def started(self):
        self.fixed = None

    def lost(self):
        self.point = self.address = None

    def disconnect(self):
        self._call("disconnect")
        self.forget()

    def status(self, what=None):
        if what == "rssi":
            return self.point.rssi if self.point else 0
        return self.is_active


class EspHosted(Radio):
    """status() only says whether it is on. A failure is silent. The address of a lost connection can still be read."""

    takes = {"active": 600, "inactive": 100, "connect": 200, "disconnect": 200, "scan": 5000}
    PM_NONE = PM_POWERSAVE = None

    def connect(self, ssid, key=None, security=None):
        self._call("connect", ssid)
        if key == "" and security != self.SEC_OPEN:
            raise OSError("Key can't be empty!")
        self.forget()
        point = self.in_reach(ssid)
        if point and (point.password or "") == (key or ""):
            self.later(2500, lambda: self._joined(point))

    def _joined(self, point):
        self.point = point
        self.later(800, self.addressed)

    def ifconfig(self, given=None):
        if given is None and self.address is None and self.is_active:
            return ("192.0.2.7", "255.255.255.0", "192.0.2.1", "192.0.2.1")
        return super().ifconfig(given)

    def config(self, *names, **values):
        if values:
            raise ValueError("AP required")
        return super().config(*names)

    def lost(self):
        self.point = self.address = None

    def disconnect(self):
        self._call("disconnect")
        self.forget()

    def status(self, what=None):
        return self.point.rssi if what == "rssi" and self.point else self.is_active


_RADIOS = {"esp32": Esp32, "cyw43": Cyw43, "nina": Nina, "esp-hosted": EspHosted}
