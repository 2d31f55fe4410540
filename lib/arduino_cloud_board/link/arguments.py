"""Check a program's arguments for networks before anything uses them. No error shows a password."""


def networks_of(given):
    """A list of dicts (or one dict) as [(ssid, password or None, static or None)], the highest priority first.

    Networks of equal priority keep their order. Raises ValueError for an empty list, unknown keys and values out of
    range.
    """
    found = []
    for one in [given] if isinstance(given, dict) else given:
        if not isinstance(one, dict):  # not shown: it may contain a password
            raise ValueError("networks: expected dicts, got %s" % type(one).__name__)
        unknown = [key for key in one if key not in ("ssid", "password", "priority", "static")]
        if unknown or "ssid" not in one:
            raise ValueError("networks: expected ssid, password, priority, static, got %s" % sorted(one))
        priority = one.get("priority", 0)
        if not isinstance(priority, int):
            raise ValueError("priority: expected an int, got %r" % (priority,))
        found.append((-priority, len(found), one))  # with its index, since MicroPython's sort is not stable
    if not found:
        raise ValueError("networks: expected at least one, got none")
    found.sort()
    return [_network(one["ssid"], one.get("password"), one.get("static")) for _, _, one in found]


def _network(ssid, password, static):
    if not isinstance(ssid, str) or not 0 < len(ssid.encode()) <= 32:
        raise ValueError("ssid: expected 1 to 32 bytes of text, got %r" % (ssid,))
    if password:
        check_password("password of " + ssid, password)
    return ssid, password or None, static_address(static)


def check_password(name, password):
    """Raise ValueError for anything but a WPA password: 8 to 63 bytes, or 64 hexadecimal digits."""
    if not isinstance(password, str) or not 8 <= len(password.encode()) <= 64:
        raise ValueError("%s: expected 8 to 63 characters, got %d" % (name, len(password)))


def static_address(static):
    """(ip, mask, gateway, dns), each checked; None for None. Raises ValueError."""
    if static is None:
        return None
    if len(static) != 4 or not all([isinstance(one, str) and _is_ipv4(one) for one in static]):
        raise ValueError("static: expected (ip, mask, gateway, dns) like '192.168.1.9', got %r" % (static,))
    return tuple(static)


def _is_ipv4(text):
    parts = text.split(".")
    return len(parts) == 4 and all([part.isdigit() and len(part) < 4 and int(part) < 256 for part in parts])


def host_name(name):
    """A host name, checked (RFC 1123; MicroPython takes 32 characters); None for None. Raises ValueError."""
    if name is None:
        return None
    plain = "abcdefghijklmnopqrstuvwxyz0123456789-"
    if not 0 < len(name) <= 32 or name[0] == "-" or name[-1] == "-" or [c for c in name.lower() if c not in plain]:
        raise ValueError("hostname: expected 1 to 32 letters, digits and hyphens, got %r" % name)
    return name


def country_code(code):
    """A country code (two letters, ISO 3166-1) in upper case; None for None. Raises ValueError."""
    if code is not None and (len(code) != 2 or not code.isalpha()):
        raise ValueError("country: expected two letters, got %r" % code)
    return code and code.upper()
