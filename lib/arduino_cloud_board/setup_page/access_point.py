"""The board as an access point, for the set-up page."""

from arduino_iot_cloud.port import log


class AccessPoint:
    """An access point with WPA2, or an open one.

    ssid: 1 to 32 bytes.
    password: 8 to 63 characters, or None for an open network.
    interface: an object like `network.WLAN`, by default `network.WLAN(network.AP_IF)`.

    Raises ValueError for arguments out of range.
    """

    def __init__(self, ssid, password=None, *, interface=None):
        # Not at the top: making a WiFi object unloads that module, and empties it.
        from ..link.arguments import check_password, networks_of

        networks_of({"ssid": ssid})
        if password:
            check_password("password", password)
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
                station.active(True)
                for entry in sorted(station.scan(), key=lambda entry: -entry[3]):
                    name = _name(entry[0])
                    if name and name not in found:
                        found.append(name)
            finally:
                if not before:
                    station.active(False)
        except (OSError, RuntimeError):
            log(30, "Access point: could not scan for networks.")
        return found[:20]

    def start(self):
        """Switch the access point on. Returns its address (str). Raises OSError, without the interface's text, which
        may show the password."""
        import network

        if self._interface is None:
            self._interface = network.WLAN(network.AP_IF)
        point = self._interface
        values = {"ssid": self._ssid}
        if self._password:
            values["key"] = self._password
        values["security"] = _security(point, self._password is not None)
        try:
            if hasattr(point, "PM_NONE"):
                # The cyw43 reads these values when it is switched on; the ESP32 may refuse them before that.
                try:
                    point.config(**values)
                except (OSError, RuntimeError):
                    pass
            point.active(True)
            point.config(**values)
            # Keep its own address: the DHCP server of esp-hosted gives addresses of the network it started with.
            return point.ifconfig()[0]
        except (OSError, RuntimeError, ValueError, TypeError) as error:
            kind = type(error).__name__
        raise OSError("the access point %s could not be started (%s)" % (self._ssid, kind))

    def stop(self):
        """Switch the access point off."""
        if self._interface is not None:
            try:
                self._interface.active(False)
            except (OSError, RuntimeError):
                pass


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
