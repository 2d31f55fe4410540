"""What the board has stored, as its owner knows it: nothing of it may get lost, whatever happens while it is written."""

import json

from ..clock import clock
from . import host
from .flash import flash
from .power import Reset

# Networks that cannot be used, as a program or an older version may have stored them.
BAD = (
    {"ssid": "cellar", "password": "seven77"},
    {"ssid": "cellar", "passwort": "a password of cellar"},
    {"ssid": "cellar", "password": 12345678},
    {"ssid": "cellar", "password": "a password of cellar", "priority": "high"},
    "cellar",
)


class Stored:
    """The device and the networks that are stored. `networks`: the list as JSON has it.

    While something is saved, either the old state or the new one may be found.
    """

    def __init__(self, world, device_id, secret):
        self.world = world
        self.device = device_id, secret
        self.networks = []
        self._entered = None  # a network that may have become the first one

    def open(self):
        """Return the board's settings."""
        from arduino_cloud_board import settings

        return settings.open(self.world.board)

    def provision(self, networks, cloud):
        """Store everything for the first time."""
        store = self.open()
        store.set_device(*self.device)
        store.set_cloud(cloud)
        if networks:
            store.keys.store("networks", json.dumps(networks).encode())
        self.networks = networks

    def usable(self):
        """Return how many of the networks can be used."""
        return len([one for one in self.networks if one not in BAD])

    # Saving

    def begins(self, entered):
        """Note that this network (a dict) is going to be saved."""
        self._entered = entered

    def ends(self, saved):
        """Note how that ended, and check what is there. `saved`: whether it is said to be saved."""
        entered, self._entered = self._entered, None
        found = self._found()
        if self._is_new(found, entered):
            self.networks = found
        elif saved:
            clock.fail("%s is said to be saved, and there is %s" % (entered["ssid"], self._names(found)))
        self.check()

    def check(self):
        """Check that what was stored last is there."""
        found = self._found()
        if self._entered and self._is_new(found, self._entered):
            self.networks = found
        if found != self.networks:
            clock.fail("stored were %s, and there is %s" % (self._names(self.networks), self._names(found)))
        try:
            arguments = self.open().client_arguments()
        except (RuntimeError, ValueError) as error:
            clock.fail("the device is lost: %s" % error)
            return
        if (arguments["device_id"], arguments["password"]) != self.device:
            clock.fail("the stored device has changed")
        rest = [path for path in flash.files if not path.endswith(".key")]
        # What a power cut has left goes with the next saving.
        if rest and not self._entered and not flash.cut:
            clock.fail("a rest was left: %s" % rest)

    def _found(self):
        keys = self.open().keys
        return json.loads(keys.load("networks").decode()) if keys.has("networks") else []

    def _is_new(self, found, entered):
        # What is no dict goes with the next network, since nothing else could ever replace it.
        others = [one for one in self.networks if isinstance(one, dict) and one.get("ssid") != entered["ssid"]]
        if not found or isinstance(found[0], str) or found[1:] != others:
            return False
        return found[0].get("ssid") == entered["ssid"] and found[0].get("password") == entered["password"]

    @staticmethod
    def _names(networks):
        return [one if isinstance(one, str) else one.get("ssid") for one in networks]

    def save(self, entered):
        """Put a network first, as a program does."""
        self.begins(entered)
        host.secrets.append(entered["password"])
        try:
            self.open().add_network(dict(entered))
        except OSError as error:
            self.world.note("it cannot be saved: %r" % error)
            self.ends(False)
        except Reset:
            raise  # whoever starts next checks what is there
        else:
            self.ends(True)

    def refuse(self, device_id, secret):
        """Store another device, which cannot work; take it back if it does."""
        store = self.open()
        try:
            store.set_device(device_id, secret)
        except (OSError, ValueError) as error:
            self.world.note("a device is refused: %s" % type(error).__name__)
        else:
            store.set_device(*self.device)
        self.check()
