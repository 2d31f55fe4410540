"""Wi-Fi from `secrets.py`, under the name that the official client gives it."""

from .port import forget, log, timestamp


def async_wifi_connection(client=None, args=None):
    """Connect to the Wi-Fi network WIFI_SSID with the password WIFI_PASS, both from `secrets.py`.

    As a task's callback (`Task("wifi", on_run=async_wifi_connection, interval=60.0)`) it asks for the
    connection where there is none and does not block; once it is there, the clock is set from the
    network if nothing else has set it. Without a client it blocks until there is a connection.
    Raises RuntimeError if `secrets.py` lacks the names.
    """
    try:
        from secrets import WIFI_PASS, WIFI_SSID
    except ImportError:
        WIFI_SSID = ""
    if not WIFI_SSID:
        raise RuntimeError("Network is not configured. Set WIFI_SSID and WIFI_PASS in secrets.py")
    import network

    wlan = network.WLAN(network.STA_IF)
    if wlan.isconnected():
        return _connected(client, WIFI_SSID) if client else None
    if _status(wlan) != getattr(network, "STAT_CONNECTING", 1):
        try:
            wlan.active(True)
            wlan.connect(WIFI_SSID, WIFI_PASS)
        except OSError as error:  # some ports refuse while they reconnect by themselves
            log(30, "Wi-Fi: the interface refused to connect (%s)." % error)
    log(20, "WiFi is down. Trying to reconnect.")
    if client and client.async_mode:
        return _follow(client, wlan, WIFI_SSID)
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


async def _follow(client, wlan, ssid):
    # The task's callback counts as running until the connection is there; meanwhile it is not called again.
    import asyncio

    for _ in range(120):
        await asyncio.sleep(0.25)
        if wlan.isconnected():
            log(20, "WiFi connected %s" % (wlan.ifconfig(),))
            clock = _connected(client, ssid)
            if clock:
                await clock
            return
    log(30, "WiFi is still down (status %s)." % _status(wlan))


def _connected(client, ssid):
    # Tell the cloud, and set the clock: in async mode returns what is to be awaited for that.
    from .announcing import net_config

    net_config(client, "wifi", ssid)
    del net_config
    forget("announcing", "messages")
    if timestamp():
        return None
    return client.sync_time() if client.async_mode else client.update_systime()
