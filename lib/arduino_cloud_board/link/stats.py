"""The state and the counters of a connection, as a dict."""

_NAMES = "kind state name ip rssi trouble complaints connected_s drops address_changes attempts failures power_cycles"


def stats(connection) -> dict:
    """The current state, name, address and signal of a Connection, and its counters since it was made."""
    found = {name: getattr(connection, name) for name in _NAMES.split(" ")}
    if not connection.connected:
        found["connected_s"] = 0
    return found
