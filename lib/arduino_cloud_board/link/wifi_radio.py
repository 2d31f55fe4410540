"""Do what `wifi_machine` decides with `network.WLAN`, which differs between ports: see docs/wifi.md.

The text of an exception is never reported: on two ports, that of connect() contains the password.
"""

import sys
from random import random

from arduino_iot_cloud.port import log, ticks_ms

from . import sleep_ms
from .wifi_machine import CONNECT, DISCONNECT, OFF, ON, SCAN, WiFiMachine
from .wifi_status import NO_ADDRESS

_REFUSALS = (OSError, RuntimeError, ValueError, TypeError)  # depending on the port


async def arrive(wifi, lost):
    """Get a WiFi object connected. lost: "" at the start, "gone" or "dead" after a connection.

    Returns whether a scan is still running.
    """
    if not lost:
        await _prepare(wifi)
    quirks = wifi._settings[3]
    automatic = wifi._radio == "esp32"
    # Only an ESP32 lets other threads run during a scan; elsewhere a scan blocks everything for seconds.
    scan = quirks.get("scan", "thread" if automatic else None)
    names = [one[0] for one in wifi._networks]
    attempt = int(quirks.get("attempt", 60 if automatic else 30) * 1000)
    machine = WiFiMachine(names, wifi._chosen, attempt, automatic, scan, random, wifi)
    if lost:
        machine.resume(ticks_ms(), lost)
    wait = machine.wait
    while True:
        await sleep_ms(wait)
        found, wifi._found = wifi._found, None
        if found is not None:
            machine.scanned(found)
        up = _is_up(wifi)
        action = machine.step(ticks_ms(), up, _status(wifi._interface) if up else _progress(wifi))
        while action:
            action = _do(wifi, machine, action)
        wifi._chosen = machine.chosen
        if machine.state == "connected":
            return machine.scans > 0
        wifi.state = machine.state
        if machine.trouble != wifi.trouble:
            wifi.trouble = machine.trouble
            log(30, "Wi-Fi: %s; still trying." % machine.trouble)
        wait = machine.wait


async def _prepare(wifi):
    import network

    hostname, country, _, quirks = wifi._settings
    if wifi._interface is None:
        wifi._interface = network.WLAN(network.STA_IF)
    # Both take effect when the radio is switched on.
    if country and hasattr(network, "country"):
        network.country(country)
    if hostname and hasattr(network, "hostname"):
        network.hostname(hostname)
    wifi._radio = quirks.get("radio") or _radio_of(network, wifi._interface)
    wifi._zero_is_silence = wifi._radio == "cyw43"
    if not _is_wanted(wifi):
        try:
            wifi._interface.disconnect()
        except _REFUSALS:
            pass
        await sleep_ms(1000)
    _switch_on(wifi)


def _radio_of(network, interface):
    # Each driver can be told by its constants or its status.
    if getattr(network, "STAT_IDLE", None) == 1000:
        return "esp32"
    status = _status(interface)
    if status is True or status is False:
        return "esp-hosted" if sys.platform == "renesas-ra" else "nina"
    return "cyw43"


def _status(interface):
    try:
        return interface.status()
    except _REFUSALS:
        return None


def _progress(wifi):
    # The status; NO_ADDRESS if the network is joined and has given no address yet.
    code = _status(wifi._interface)
    try:
        if code == 1001:  # an ESP32 measures a signal only of a network that it has joined
            wifi._interface.status("rssi")
            return NO_ADDRESS
        if wifi._radio == "cyw43" and code == 2 or wifi._interface.isconnected():
            return NO_ADDRESS
    except _REFUSALS:
        pass
    return code


def _is_up(wifi):
    try:
        return wifi._interface.isconnected() and wifi._address() is not None
    except _REFUSALS:
        return False


def _is_wanted(wifi):
    # False if it is connected to a network or under an address that is not ours: Wi-Fi survives a soft reset. A network
    # whose name cannot be read may be ours.
    interface = wifi._interface
    ssid = ip = None
    try:
        if not interface.active() or not interface.isconnected():
            return True
        ip = interface.ifconfig()[0]
        ssid = interface.config("ssid")
    except _REFUSALS:
        pass
    for i, (name, _, static) in enumerate(wifi._networks):
        if (ssid is None or name == ssid) and (not static or ip is None or static[0] == ip):
            wifi._chosen = i
            wifi._static = static is not None
            return True
    return False


def _switch_on(wifi):
    interface = wifi._interface
    radio = wifi._radio
    try:
        if not interface.active():
            interface.active(True)
    except _REFUSALS:
        log(40, "Wi-Fi: the radio could not be switched on.")
    mode = wifi._settings[2]
    if mode is None and radio == "cyw43":
        mode = False
    if mode is not None and radio in ("esp32", "cyw43"):
        try:
            if mode is True or mode is False:
                mode = interface.PM_POWERSAVE if mode else interface.PM_NONE
            interface.config(pm=mode)
        except (AttributeError,) + _REFUSALS:
            log(30, "Wi-Fi: this port has no power_save %s." % mode)


def _do(wifi, machine, action):
    # Returns the next action, 0 for none.
    try:
        if action == CONNECT:
            return _connect(wifi, machine)
        if action == DISCONNECT:
            wifi._interface.disconnect()
        elif action == OFF:
            wifi._interface.active(False)
        elif action == ON:
            _switch_on(wifi)
        elif action == SCAN and machine.scans:
            pass  # an earlier one still runs
        elif action == SCAN and wifi._settings[3].get("scan") == "blocking":
            _look_around(wifi, machine)
        elif action == SCAN:
            _in_thread(_look_around, (wifi, machine))
    except (OSError, RuntimeError, ValueError, TypeError, ImportError):
        pass  # the next step sees whether it had an effect
    return 0


def _connect(wifi, machine):
    interface = wifi._interface
    ssid, password, static = wifi._networks[machine.chosen]
    try:
        _set_address(wifi, static)
        if password or wifi._radio in ("esp32", "cyw43"):
            interface.connect(ssid, password)
        else:
            interface.connect(ssid, "", security=interface.SEC_OPEN)
    except _REFUSALS as error:
        log(20, "Wi-Fi: the interface refused to connect to %s (%s)." % (ssid, type(error).__name__))
        return machine.refused(ticks_ms())
    return 0


def _set_address(wifi, static):
    # Set a static address, or return to one from the network, before connecting.
    interface = wifi._interface
    if static:
        interface.ifconfig(static)
    elif wifi._static:
        try:
            interface.ifconfig("dhcp")
        except (TypeError, ValueError):  # the NINA-W10 forgets an address only this way
            interface.active(False)
            interface.active(True)
    wifi._static = static is not None


def _in_thread(function, arguments):
    from _thread import start_new_thread

    start_new_thread(function, arguments)


def _look_around(wifi, machine):
    # Scan for our networks, the strongest first; in a separate thread, or blocking.
    machine.scans += 1
    names = []
    try:
        for entry in sorted(wifi._interface.scan(), key=lambda entry: -entry[3]):
            for one in wifi._networks:
                if one[0].encode() == bytes(entry[0]) and one[0] not in names:
                    names.append(one[0])
    except Exception:  # a scan that fails has seen nothing
        pass
    wifi._found = names
    machine.scans -= 1
