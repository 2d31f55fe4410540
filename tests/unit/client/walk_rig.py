"""A session whose states and events are noted as they pass."""

from arduino_iot_cloud.port import ticks_add
from reports import Reports
from session_rig import THING, THING_UPDATE, Rig

STARTS = (0, ticks_add(0, -1), ticks_add(0, -3000), ticks_add(0, -60000))  # some just before the ticks wrap
HOUR = 3600000
NOW = 1760000000


class Walk(Rig):
    """A rig that notes the states and events it passes."""

    def __init__(self, *properties, **options):
        super().__init__(*properties, **options)
        self.events = []
        self.session.on_event = self.events.append

    def at(self, state, events=()):
        """Insist on a state, and on the events since the last look."""
        assert self.session.state == state, self.session.state
        assert self.events == list(events), self.events
        self.events.clear()

    def put(self, state):
        """Walk to a state."""
        if state != "Init":
            self.connect()
            self.poll()
        if state == "unlinked":
            with Reports():
                self.command(THING_UPDATE, "")
        if state in ("RequestLastValues", "held", "Connected"):
            self.command(THING_UPDATE, THING)
            self.poll()
        if state == "held":
            self.run(3000)
        if state == "Connected":
            self.last_values()
        if state == "Disconnect":
            self.session.end()
        self.events.clear()
        self.requests()
        return self
