"""What a device tells the cloud about its network: part of its greeting on every connection.

Comes and goes: whoever announces something imports it, and may unload it after that.
"""

from . import Session

# The kinds of network, at the place of their number in DeviceNetConfig.
KINDS = ("none", "wifi", "lora", "gsm", "nbiot", "catm1", "ethernet", "cellular")


def net_config(client, kind: str, *params):
    """Have the cloud told how this device is connected, from the next greeting on; never a password.

    `kind` and the parameters after it: "wifi" (name of the network), "lora" (appeui), "gsm", "nbiot",
    "catm1" or "cellular" (apn, login), "ethernet" (ip, dns, gateway, netmask: 4 or 16 bytes each,
    empty bytes where DHCP gives them), "none". Raises ValueError for anything else.
    """
    count = {"none": 0, "wifi": 1, "lora": 1, "ethernet": 4}.get(kind, 2)
    if kind not in KINDS or len(params) != count:
        given = (kind,) + params
        raise ValueError("net_config takes one of %s, then its parameters, not %r" % (", ".join(KINDS), given))
    expected = bytes if kind == "ethernet" else str
    for param in params:
        if not isinstance(param, expected) or kind == "ethernet" and len(param) not in (0, 4, 16):
            raise ValueError("net_config('%s'): %r is no %s" % (kind, param, expected.__name__))
    _set(client, 0, "DeviceNetConfig", KINDS.index(kind), *params)


def wifi_firmware(client, version: str):
    """Have the cloud told the firmware version of the board's Wi-Fi module, from the next greeting on."""
    _set(client, 1, "WiFiFWVersion", version)


def _set(client, place, name, *params):
    from .commands import encode

    command = encode(name, *params)
    # In the class, so that it does not matter which comes first, this or the session, and that this module may go.
    if not hasattr(Session, "announced"):
        Session.announced = {}
        Session.announce = property(_announced)
    Session.announced.setdefault(client.device_id, [b"", b""])[place] = command


def _announced(session):
    # What `asking` sends, in the C++ library's order.
    return [command for command in session.announced.get(session.device_id, ()) if command]
