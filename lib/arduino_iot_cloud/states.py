"""Where a connection is, in the words of Arduino's C++ library, and what may follow what.

A session that is not compiled for a board looks at it whenever it changes its state.
"""

# A state, and after it those that may follow. docs/events.md shows the same table.
MOVES = """
Init ConnectPhy
ConnectPhy SyncTime ConnectMqttBroker Disconnect
SyncTime ConnectMqttBroker Disconnect
ConnectMqttBroker SendCapabilities Connected Disconnect
SendCapabilities RequestLastValues Disconnect
RequestLastValues Connected SendCapabilities Disconnect
Connected SendCapabilities Disconnect
Disconnect ConnectPhy
"""


def check(state: str, to: str):
    """Raise RuntimeError where the table does not allow this move: that is a fault of the caller."""
    start = MOVES.find("\n" + state + " ")
    if to not in MOVES[start + 1 : MOVES.find("\n", start + 1)].split(" ")[1:]:
        raise RuntimeError("%s does not lead to %s" % (state, to))
