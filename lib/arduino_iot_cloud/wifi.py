"""Wi-Fi from `secrets.py`, under the name that the official client gives it."""

from .port import forget, log, timestamp

_manager = None  # an arduino_cloud_board.WiFi, where that package is installed
_told = None  # (device's ID, network) that the cloud was told of last


def async_wifi_connection(client=None, args=None):
    """Connect to the Wi-Fi network WIFI_SSID with the password WIFI_PASS, both from `secrets.py`.

    As a task's callback (`Task("wifi", on_run=async_wifi_connection, interval=60.0)`) it asks for the
    connection where there is none and does not block; once it is there, the clock is set from the
    network if nothing else has set it. Without a client it blocks until there is a connection.
    Where `arduino_cloud_board` is installed, and the client is asynchronous, its WiFi keeps the connection up from the
    first call on. Raises RuntimeError if `secrets.py` lacks the names, ValueError if they cannot be right.
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
        except OSError as error:  # some ports refuse while they reconnect by themselves
            # The text of the error may contain the password: NINA-W10, esp-hosted.
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
    # Whether there is a manager; the first call makes and starts it.
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
    # The interface alone, with as much of a manager's face as is needed.
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
    # The task's callback counts as running until the connection is there; meanwhile it is not called again.
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
    # Tell the cloud, and set the clock: in async mode returns what is to be awaited for that.
    global _told
    if _told != (client.device_id, ssid):  # a task asks each minute, and each time would import this anew
        from .session.announcing import net_config

        net_config(client, "wifi", ssid)
        del net_config
        forget("session.")
        _told = client.device_id, ssid
    if timestamp():
        return None
    return client.sync_time() if client.async_mode else client.update_systime()
