"""What is open to whom: each listener, who reaches it, and what it asks for."""

from typing import Any

from .ports import ANY, ENCRYPTED, HOST

_DEVICES = "a device with its id and secret, or a user with their id and a token"
_WEB = "the page with its session, the local API with its token, the Application API with an API key"
_ASKED = {
    "mqtt": ("MQTT", _DEVICES),
    "mqtts": ("MQTT", _DEVICES),
    "mtls": ("MQTT", "a device with a certificate that this cloud has issued"),
    "ws": ("MQTT over WebSocket", _DEVICES),
    "wss": ("MQTT over WebSocket", _DEVICES),
    "http": ("HTTP", _WEB),
    "https": ("HTTP", _WEB),
}


def listeners(numbers: dict[str, int], address: str) -> list[dict[str, Any]]:
    """Return a description of each listener of this process, ready for JSON. `numbers` are the ports by name."""
    return [
        {
            "name": name,
            "address": address if name in ENCRYPTED else HOST,
            "port": port,
            "protocol": _ASKED[name][0],
            "encrypted": name in ENCRYPTED,
            "admits": _ASKED[name][1],
        }
        for name, port in numbers.items()
    ]


def for_people(about: list[dict[str, Any]]) -> list[str]:
    """Return lines that say what is open to this machine alone, and what to others."""
    lines: list[str] = []
    by_address: dict[str, list[dict[str, Any]]] = {}
    for each in about:
        by_address.setdefault(each["address"], []).append(each)
    for address, group in by_address.items():
        lines.append("Open to %s:" % _whom(address))
        for each in group:
            protocol = each["protocol"] + (" with TLS" if each["encrypted"] else "")
            lines.append("  %5d  %-30s%s" % (each["port"], protocol, each["admits"]))
    return lines


def _whom(address: str) -> str:
    if address.startswith("127."):
        return "programs on this machine (%s)" % address
    if address == ANY:
        return "whoever reaches this machine, at any of its addresses (%s)" % address
    return "whoever reaches this machine at %s" % address
