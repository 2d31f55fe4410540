"""Wi-Fi with the settings in `secrets.py`, by the official client's function."""

from .port import forget, log, timestamp

_manager = None  # an arduino_cloud_board.WiFi, if that package is installed
_announced = None  # (device id, network) that the cloud was last told


def async_wifi_connection(client=None, args=None):
    """Connect to the Wi-Fi network WIFI_SSID with the password WIFI_PASS, both from `secrets.py`.

    As a task's callback (`Task("wifi", on_run=async_wifi_connection, interval=60.0)`) it does not block: it starts a
    connection if there is none and, once connected, sets the clock from the network if it is not set. Without a
    client it blocks until it is connected. If `arduino_cloud_board` is installed and the client is in async mode,
    that package's WiFi keeps the connection up from the first call on. Raises RuntimeError if `secrets.py` lacks the
    names, ValueError if their values are wrong.
    """
    try:
        from secrets import WIFI_PASS, WIFI_SSID
    except ImportError:
        WIFI_SSID = ""
    if not WIFI_SSID:
        raise RuntimeError("Network is not configured. Set WIFI_SSID and WIFI_PASS in secrets.py")
    if client and client.async_mode and _managed(WIFI_SSID, WIFI_PASS):
        if _manager.connected:
            return _connected(client, _manager.name)
        return _follow(client, _manager)
    import network

    wlan = network.WLAN(network.STA_IF)
    if wlan.isconnected():
        return _connected(client, WIFI_SSID) if client else None
    if _status(wlan) != getattr(network, "STAT_CONNECTING", 1):
        try:
            wlan.active(True)
            wlan.connect(WIFI_SSID, WIFI_PASS)
        except OSError as error:  # some ports refuse while they are reconnecting
            # The text of the error may contain the password, on NINA-W10 and esp-hosted.
            log(30, "Wi-Fi: the interface refused to connect (%s)." % type(error).__name__)
    log(20, "WiFi is down. Trying to reconnect.")
    if client and client.async_mode:
        return _follow(client, _Interface(wlan, WIFI_SSID))
    if client:
        return None
    from time import sleep

    waited = 0
    while not wlan.isconnected():
        if waited % 10 == 0:
            log(20, "Trying to connect to WiFi (status %s)." % _status(wlan))
        waited += 1
        sleep(0.5)
    log(20, "WiFi connected %s" % (wlan.ifconfig(),))
    return None


def _status(wlan):
    try:
        return wlan.status()
    except (AttributeError, ValueError, OSError):
        return None


def _managed(ssid, password):
    # Make and start the manager at the first call. Returns whether there is one.
    global _manager
    if _manager is None:
        try:
            from arduino_cloud_board.link.wifi import WiFi
        except ImportError:
            return False
        _manager = WiFi({"ssid": ssid, "password": password})
    _manager.start()
    return True


class _Interface:
    # A network interface, with the part of a manager's interface that is needed here.
    def __init__(self, wlan, name):
        self._interface = wlan
        self.name = name

    @property
    def connected(self):
        return self._interface.isconnected()

    @property
    def state(self):
        import network

        status = _status(self._interface)
        for name in dir(network):
            if name[:5] == "STAT_" and getattr(network, name) == status:
                return "%s, status %s" % (name[5:].lower().replace("_", " "), status)
        return "status %s" % status


async def _follow(client, wifi):
    # Wait for the connection. Until then the task's callback counts as running, and is not called again.
    import asyncio

    for _ in range(120):
        await asyncio.sleep(0.25)
        if wifi.connected:
            log(20, "WiFi connected %s" % (wifi._interface.ifconfig(),))
            clock = _connected(client, wifi.name)
            if clock:
                await clock
            return
    log(30, "WiFi is still down (%s)." % wifi.state)


def _connected(client, ssid):
    # Tell the cloud, and set the clock. In async mode, return a coroutine for that.
    global _announced
    if _announced != (client.device_id, ssid):  # a task calls this each minute: that would be an import each time
        from .session.announcing import net_config

        net_config(client, "wifi", ssid)
        del net_config
        forget("session.")
        _announced = client.device_id, ssid
    if timestamp():
        return None
    return client.sync_time() if client.async_mode else client.update_systime()
