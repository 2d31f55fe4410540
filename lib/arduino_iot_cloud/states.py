"""Where a connection is, in the words of Arduino's C++ library, and what may follow what."""

from .port import const

# A state, and after it those that may follow. docs/events.md shows the same table.
MOVES = const("""
Init ConnectPhy
ConnectPhy SyncTime ConnectMqttBroker Disconnect
SyncTime ConnectMqttBroker Disconnect
ConnectMqttBroker SendCapabilities Connected Disconnect
SendCapabilities RequestLastValues Disconnect
RequestLastValues Connected SendCapabilities Disconnect
Connected SendCapabilities Disconnect
Disconnect ConnectPhy
""")


class States:
    """The state of one connection. Nothing else in the package writes `state`."""

    state = "Init"

    def move(self, state: str):
        """Go to another state. Raises RuntimeError where the table does not allow it: that is a fault in the caller."""
        start = MOVES.find("\n" + self.state + " ")
        if state not in MOVES[start + 1 : MOVES.find("\n", start + 1)].split(" ")[1:]:
            raise RuntimeError("%s does not lead to %s" % (self.state, state))
        self.state = state
