"""What a connection has been through, as a dict."""

_NAMES = "kind state name ip rssi trouble connected_s drops address_changes attempts failures power_cycles"


def stats(connection) -> dict:
    """Of a Connection: state, name, address and signal as of now, and counts since it was made."""
    found = {name: getattr(connection, name) for name in _NAMES.split(" ")}
    if not connection.connected:
        found["connected_s"] = 0
    return found
