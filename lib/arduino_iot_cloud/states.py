"""The states of a connection, named as in Arduino's C++ library, and the moves between them.

A session checks each change of its state against them, except in code compiled for a board.
"""

# A state, then those that may follow it. docs/events.md has the same table.
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
    """Raise RuntimeError if the table does not have this move: the caller is wrong."""
    start = MOVES.find("\n" + state + " ")
    if to not in MOVES[start + 1 : MOVES.find("\n", start + 1)].split(" ")[1:]:
        raise RuntimeError("%s does not lead to %s" % (state, to))
