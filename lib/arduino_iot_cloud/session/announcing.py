"""A device's report about its network, which is part of its greeting on every connection.

Temporary: a caller imports it for the report, and may unload it afterwards.
"""

from . import Session

# The kinds of network: the index is the number in DeviceNetConfig.
KINDS = ("none", "wifi", "lora", "gsm", "nbiot", "catm1", "ethernet", "cellular")


def net_config(client, kind: str, *params):
    """Tell the cloud how this device is connected, from the next greeting on. It never contains a password.

    `kind` and its parameters: "wifi" (name of the network), "lora" (appeui), "gsm", "nbiot", "catm1"
    or "cellular" (apn, login), all str; "ethernet" (ip, dns, gateway, netmask: 4 or 16 bytes each, or
    empty bytes if DHCP assigns them); "none". Raises ValueError for anything else.
    """
    count = {"none": 0, "wifi": 1, "lora": 1, "ethernet": 4}.get(kind, 2)
    if kind not in KINDS or len(params) != count:
        given = (kind,) + params
        raise ValueError("net_config takes one of %s, then its parameters, not %r" % (", ".join(KINDS), given))
    expected = bytes if kind == "ethernet" else str
    for param in params:
        if not isinstance(param, expected) or kind == "ethernet" and len(param) not in (0, 4, 16):
            raise ValueError("net_config('%s') needs %s, not %r" % (kind, expected.__name__, param))
    _set(client, 0, "DeviceNetConfig", KINDS.index(kind), *params)


def wifi_firmware(client, version: str):
    """Tell the cloud the firmware version of the board's Wi-Fi module, from the next greeting on."""
    _set(client, 1, "WiFiFWVersion", version)


def _set(client, place, name, *params):
    from .commands import encode

    command = encode(name, *params)
    # In the class, so that the session may be made before or after this, and this module be unloaded.
    if not hasattr(Session, "announced"):
        Session.announced = {}
        Session.announce = property(_announced)
    Session.announced.setdefault(client.device_id, [b"", b""])[place] = command


def _announced(session):
    # The commands that `asking` sends, in the C++ library's order.
    return [command for command in session.announced.get(session.device_id, ()) if command]
