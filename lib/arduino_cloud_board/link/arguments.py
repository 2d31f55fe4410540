"""What a program says about networks, checked before anything depends on it. A password is never quoted."""


def networks_of(given):
    """A list of dicts (or one dict) as [(ssid, password or None, static or None)], the highest priority first.

    Equal ones stay in their order. Raises ValueError for an empty list, for unknown keys, for values out of range.
    """
    found = []
    for one in [given] if isinstance(given, dict) else given:
        if not isinstance(one, dict):  # not shown: its parts may be a password
            raise ValueError("networks: expected dicts, given %s" % type(one).__name__)
        unknown = [key for key in one if key not in ("ssid", "password", "priority", "static")]
        if unknown or "ssid" not in one:
            raise ValueError("networks: expected ssid, password, priority, static, given %s" % sorted(one))
        priority = one.get("priority", 0)
        if not isinstance(priority, int):
            raise ValueError("priority: expected an int, given %r" % (priority,))
        found.append((-priority, len(found), one))  # their place, since MicroPython's sort changes the order of equals
    if not found:
        raise ValueError("networks: expected at least one, given none")
    found.sort()
    return [_network(one["ssid"], one.get("password"), one.get("static")) for _, _, one in found]


def _network(ssid, password, static):
    if not isinstance(ssid, str) or not 0 < len(ssid.encode()) <= 32:
        raise ValueError("ssid: expected 1 to 32 bytes of text, given %r" % (ssid,))
    if password:
        check_password("password of " + ssid, password)
    return ssid, password or None, static_address(static)


def check_password(name, password):
    """Raises ValueError for what is no password of WPA: 8 to 63 bytes, or 64 digits."""
    if not isinstance(password, str) or not 8 <= len(password.encode()) <= 64:
        raise ValueError("%s: expected 8 to 63 characters, given %d" % (name, len(password)))


def static_address(static):
    """(ip, mask, gateway, dns), each of them checked, or None for None. Raises ValueError with what is wrong."""
    if static is None:
        return None
    if len(static) != 4 or not all([isinstance(one, str) and _is_ipv4(one) for one in static]):
        raise ValueError("static: expected (ip, mask, gateway, dns) as '192.168.1.9', given %r" % (static,))
    return tuple(static)


def _is_ipv4(text):
    parts = text.split(".")
    return len(parts) == 4 and all([part.isdigit() and len(part) < 4 and int(part) < 256 for part in parts])


def host_name(name):
    """A host's name, checked (RFC 1123; MicroPython takes 32 characters), or None. Raises ValueError."""
    if name is None:
        return None
    plain = "abcdefghijklmnopqrstuvwxyz0123456789-"
    if not 0 < len(name) <= 32 or name[0] == "-" or name[-1] == "-" or [c for c in name.lower() if c not in plain]:
        raise ValueError("hostname: expected 1 to 32 letters, digits and hyphens, given %r" % name)
    return name


def country_code(code):
    """Two letters (ISO 3166-1) in upper case, or None. Raises ValueError."""
    if code is not None and (len(code) != 2 or not code.isalpha()):
        raise ValueError("country: expected two letters, given %r" % code)
    return code and code.upper()
