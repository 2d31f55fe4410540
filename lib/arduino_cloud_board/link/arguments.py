"""Check the arguments for networks, and the networks that are stored, before anything uses them. No error shows a
password."""


def networks_of(given):
    """A list of dicts (or one dict) as [(ssid, password or None, static or None)], the highest priority first.

    Networks of equal priority keep their order. Raises ValueError for an empty list, unknown keys and values out of
    range.
    """
    if isinstance(given, dict):
        given = (given,)
    if not isinstance(given, (list, tuple)):
        raise ValueError("networks: expected a list of dicts, got %s" % type(given).__name__)
    if not given:
        raise ValueError("networks: expected at least one, got none")
    # Each with its number, since MicroPython's sort is not stable
    return [one[2:] for one in sorted([_network(one, number) for number, one in enumerate(given)])]


def usable(stored):
    """(the dicts of a list that `networks_of` takes, what is wrong with the others: a list of str)."""
    good = []
    complaints = []
    for number, one in enumerate(stored):
        try:
            _network(one, number)
            good.append(one)
        except ValueError as error:
            complaints.append(str(error))
    return good, complaints


def _network(one, number):
    # (-priority, number, ssid, password, static), checked
    name = "network %d" % (number + 1)
    if not isinstance(one, dict):  # not shown: it may contain a password
        raise ValueError("%s: expected a dict, got %s" % (name, type(one).__name__))
    ssid = one.get("ssid", "")
    if isinstance(ssid, str) and 0 < _size(ssid) <= 32:
        name = ssid
    if "ssid" not in one or [key for key in one if key not in ("ssid", "password", "priority", "static")]:
        found = sorted([str(key) for key in one])
        raise ValueError("%s: expected ssid, password, priority, static, got %s" % (name, ", ".join(found)))
    if name != ssid:
        raise ValueError("%s: ssid: expected 1 to 32 bytes of text, got %s" % (name, _given(ssid)))
    password = one.get("password")
    if password is not None and password != "":
        check_password(name + ": password", password)
    priority = one.get("priority", 0)
    if type(priority) is not int:
        raise ValueError("%s: priority: expected an int, got %r" % (name, priority))
    return -priority, number, ssid, password or None, static_address(one.get("static"), name + ": static")


def check_password(name, password):
    """Raise ValueError for anything but a WPA password: 8 to 63 bytes of text, or 64 hexadecimal digits."""
    size = _size(password) if isinstance(password, str) else 0
    if size and [c for c in password if ord(c) < 32 or ord(c) == 127]:
        raise ValueError("%s: expected no control characters, such as the end of a line" % name)
    if size == 64:
        if [c for c in password.lower() if c not in "0123456789abcdef"]:
            raise ValueError("%s: expected 64 hexadecimal digits or 8 to 63 characters, got 64 others" % name)
    elif not 8 <= size <= 63:
        unit = "characters" if not size or size == len(password) else "bytes"
        raise ValueError("%s: expected 8 to 63 %s, got %s" % (name, unit, _given(password)))


def _size(text):
    # In bytes. Half a character (CPython's \ud800) has no bytes, and Python's error would show the text.
    try:
        return len(text.encode())
    except UnicodeError:
        return 0


def _given(value):
    return _size(value) if isinstance(value, str) else type(value).__name__


def static_address(static, name="static"):
    """(ip, mask, gateway, dns), each checked; None for None. Raises ValueError."""
    if static is None:
        return None
    if not isinstance(static, (list, tuple)):
        raise ValueError("%s: expected (ip, mask, gateway, dns), got %s" % (name, type(static).__name__))
    if len(static) != 4 or not all([isinstance(one, str) and _is_ipv4(one) for one in static]):
        raise ValueError("%s: expected (ip, mask, gateway, dns) like '192.168.1.9', got %r" % (name, static))
    return tuple(static)


def _is_ipv4(text):
    parts = text.split(".")
    return len(parts) == 4 and all([_is_byte(part) for part in parts])


def _is_byte(text):
    # `isdigit` takes more than the ten digits.
    return 0 < len(text) < 4 and not [c for c in text if c not in "0123456789"] and int(text) < 256


def host_name(name):
    """A host name, checked (RFC 1123; MicroPython takes 32 characters); None for None. Raises ValueError."""
    if name is None:
        return None
    plain = "abcdefghijklmnopqrstuvwxyz0123456789-"
    good = isinstance(name, str) and 0 < len(name) <= 32 and name[0] != "-" and name[-1] != "-"
    if not good or [c for c in name if c not in plain and c not in plain.upper()]:
        raise ValueError("hostname: expected 1 to 32 letters, digits and hyphens, got %r" % (name,))
    return name


def country_code(code):
    """A country code (two letters, ISO 3166-1) in upper case; None for None. Raises ValueError."""
    if code is None:
        return None
    if not isinstance(code, str) or len(code) != 2 or not all(["A" <= c <= "Z" or "a" <= c <= "z" for c in code]):
        raise ValueError("country: expected two letters, got %r" % (code,))
    return code.upper()


def check_quirks(quirks, power_save):
    """The quirks of a WiFi object, checked together with its `power_save`; {} for None. Raises ValueError."""
    if quirks is None:
        quirks = {}
    if not isinstance(quirks, dict) or [key for key in quirks if key not in ("radio", "attempt", "scan")]:
        raise ValueError("quirks: expected a dict with radio, attempt, scan, got %r" % (quirks,))
    radio = quirks.get("radio")
    if radio is not None and not isinstance(radio, str):  # one that is not known is treated as none of those
        raise ValueError("quirks: radio: expected esp32, cyw43, nina or esp-hosted, got %r" % (radio,))
    attempt = quirks.get("attempt", 60)
    if type(attempt) not in (int, float) or not 1 <= attempt <= 3600:
        raise ValueError("quirks: attempt: expected 1 to 3600 seconds, got %r" % (attempt,))
    if quirks.get("scan") not in (None, "thread", "blocking"):
        raise ValueError("quirks: scan: expected thread, blocking or None, got %r" % (quirks["scan"],))
    if power_save is not None and (type(power_save) not in (bool, int) or power_save < 0):
        raise ValueError("power_save: expected True, False, a number from 0 on or None, got %r" % (power_save,))
    return quirks
