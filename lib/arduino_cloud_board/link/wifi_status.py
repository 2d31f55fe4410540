"""The meaning of the numbers of `WLAN.status()` on every port.

Sources: MicroPython 1.26, ports/esp32/modnetwork_globals.h and network_wlan.c (`status`), extmod/modnetwork.c and
cyw43-driver's cyw43.h (CYW43_LINK_...). The drivers of the NINA-W10 and of esp-hosted return True or False, which says
nothing about the progress of an attempt.
"""

from arduino_iot_cloud.port import const

WAIT = const(0)  # connecting, idle, or unknown
PASSWORD = const(1)  # perhaps a wrong password
MISSING = const(2)  # no such network in range, or none that the board may join
FAILED = const(3)  # anything else
JOINED = const(4)  # the network is joined, and gives no address

NO_ADDRESS = const(1002)  # the code for JOINED: no driver has it, and only cyw43 reports that state, as 2


def meaning(code) -> int:
    """WAIT, PASSWORD, MISSING, JOINED or FAILED, for a result of `status()`: an int, a bool or None.

    One result proves little: on an ESP32 the code of the previous attempt stays until there is an address, and 201 and
    202 may appear on the way to a connection.
    """
    if code is None or code is True or code is False or 0 <= code < 4 or code >= 1000:
        return JOINED if code == NO_ADDRESS else WAIT
    # ESP32: AUTH_FAIL, HANDSHAKE_TIMEOUT, CONNECTION_FAIL, 4WAY_HANDSHAKE_TIMEOUT; cyw43: BADAUTH
    if code in (202, 204, 205, 15, -3):
        return PASSWORD
    # ESP32: NO_AP_FOUND, and its three with a reason; cyw43: NONET
    if code in (201, 210, 211, 212, -2):
        return MISSING
    return FAILED


def words(what: int) -> str:
    """A meaning in words, for a report."""
    return (
        "no answer: out of range, or wrong password?",
        "wrong password?",
        "not found",
        "refused",
        "joined, but no address: does the router's DHCP answer?",
    )[what]
