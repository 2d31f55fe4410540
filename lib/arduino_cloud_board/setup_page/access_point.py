"""The board as an access point, for the set-up page."""

from arduino_iot_cloud.port import log


class AccessPoint:
    """An access point with WPA2, or an open one.

    ssid: 1 to 32 bytes.
    password: 8 to 63 characters (ASCII), or None for an open network.
    interface: an object like `network.WLAN`, by default `network.WLAN(network.AP_IF)`.

    Raises ValueError for arguments out of range.
    """

    def __init__(self, ssid, password=None, *, interface=None):
        # Not at the top: making a WiFi object unloads that module, and empties it.
        from ..link.arguments import check_password

        if not isinstance(ssid, str) or not 0 < len(ssid.encode()) <= 32:
            raise ValueError("ssid: expected 1 to 32 bytes of text, got %r" % (ssid,))
        if password:
            check_password("password", password)
            if len(password) > 63 or [c for c in password if not 31 < ord(c) < 127]:
                raise ValueError("password: expected 8 to 63 characters of ASCII")
        self._on = False
        self._ssid = ssid
        self._password = password or None
        self._interface = interface

    def __repr__(self):
        return "<AccessPoint %s>" % self._ssid

    def seen(self):
        """The names of the networks in range, the strongest first. Blocks for up to 10 s."""
        import network

        found = []
        try:
            station = network.WLAN(network.STA_IF)
            before = station.active()
            try:
                if not before:
                    station.active(True)
                for entry in sorted(station.scan(), key=lambda entry: -entry[3]):
                    name = _name(entry[0])
                    if name and name not in found:
                        found.append(name)
            finally:
                if not before:
                    station.active(False)
        except Exception as error:  # the page works without the list
            log(30, "Access point: could not scan for networks (%s)." % type(error).__name__)
        return found[:20]

    def start(self):
        """Switch the access point on. Returns its address (str). Raises OSError, without the interface's text, which
        may show the password; then it is off again."""
        import network

        self._on = True  # first: whatever happens, `stop` switches it off
        try:
            if self._interface is None:
                self._interface = network.WLAN(network.AP_IF)
            self._start(self._interface)
            # Keep its own address: the DHCP server of esp-hosted gives addresses of the network it started with.
            ip = self._interface.ifconfig()[0]
            if ip not in ("0.0.0.0", "255.255.255.255", ""):
                return ip
            why = "it has no address"
        except (OSError, RuntimeError, ValueError, TypeError) as error:
            why = _kind(error)
        self.stop()
        raise OSError("the access point %s could not be started (%s)" % (self._ssid, why))

    def _start(self, point):
        values = {"ssid": self._ssid}
        if self._password:
            values["key"] = self._password
        values["security"] = _security(point, self._password is not None)
        if _is_on(point):
            # Left on, perhaps since before a soft reset. A cyw43 would keep the name and the password of that time.
            point.active(False)
        if hasattr(point, "PM_NONE"):
            # The cyw43 reads these values when it is switched on; the ESP32 may refuse them before that.
            try:
                point.config(**values)
            except (OSError, RuntimeError):
                pass
        point.active(True)
        point.config(**values)

    def stop(self):
        """Switch the access point off, if `start` has switched it on. This may be called again."""
        if self._on and self._interface is not None:
            try:
                self._interface.active(False)
            except Exception as error:
                log(30, "Access point: %s could not be switched off (%s)." % (self._ssid, _kind(error)))
        self._on = False


# Whether it is on. If that cannot be read, it counts as off: it is switched on anyway.
def _is_on(point):
    try:
        return point.active()
    except (OSError, RuntimeError, ValueError, TypeError):
        return False


# What an error is, without its text, which may show the password.
def _kind(error):
    number = error.args[0] if error.args else None
    name = type(error).__name__
    return "%s %d" % (name, number) if isinstance(number, int) else name


def _security(point, protected):
    if not protected:
        return point.SEC_OPEN
    return point.SEC_WPA2 if hasattr(point, "SEC_WPA2") else point.SEC_WPA_WPA2  # esp32 has both


def _name(data):
    try:
        name = bytes(data).decode()
    except UnicodeError:
        return ""
    return name if name and not [c for c in name if ord(c) < 32] else ""
