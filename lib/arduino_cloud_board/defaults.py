"""The facts and functions of a board whose `board.py` does not define its own. docs/boards.md lists them.

`detection.load` completes a board with them, and gives the functions their first argument. `detection` itself can be
unloaded afterwards (`link.forget`).
"""

FACTS = {
    "MACHINE": "",
    "PORT": "",
    "ARCH": "",
    "NETWORK": None,
    "RADIO": None,
    "LED": None,
    "KEYS": "files",
    "SECURE_ELEMENT": None,
    "ROMFS": False,
    "USB": (),
    "USB_BOOTLOADER": (),
    "WATCHDOG_MS": None,
}


def network_interface(board, kind: "str | None" = None):
    """The network interface, an object of `network`: WLAN in station mode, or LAN.

    `kind`: "wifi" or "ethernet"; by default the first that the board has. Returns None if the operating system manages
    the network. Raises ValueError for a kind that the board does not have.
    """
    kinds = board.NETWORK.split("+") if board.NETWORK else ()
    if kind is None:
        if not kinds:
            return None
        kind = kinds[0]
    if kind not in kinds:
        raise ValueError("%s has %s, no %s" % (board.NAME, " and ".join(kinds) or "no network of its own", kind))
    import network

    return network.LAN() if kind == "ethernet" else network.WLAN(network.STA_IF)


def deep_sleep(board, ms: int):
    """Switch off for `ms` milliseconds (from 1 to the longest sleep that the port can do), then restart.

    Raises NotImplementedError if the port has no deep sleep, ValueError for another time.
    """
    if not isinstance(ms, int) or ms < 1:
        raise ValueError("deep_sleep: whole milliseconds from 1 on expected, not %r" % (ms,))
    if not can_deep_sleep(board):
        raise NotImplementedError("%s has no deep sleep" % board.NAME)
    from machine import deepsleep

    from .sleep import longest

    most = longest(board)
    if ms > most:
        raise ValueError("deep_sleep: up to %d ms expected on %s, not %d" % (most, board.NAME, ms))
    deepsleep(ms)


def can_deep_sleep(board) -> bool:
    """Whether `deep_sleep` works. A board that defines its own can, unless its `can_deep_sleep` says otherwise."""
    try:
        from machine import deepsleep  # noqa: F401
    except ImportError:
        return False
    return True


def set_clock(board, seconds: int):
    """Set the clock to a Unix time (UTC) of the years 2000 to 2099, which every RTC can keep. If a program may not (a
    computer), `port.timestamp` adds the difference. Raises ValueError for another time."""
    if not isinstance(seconds, int) or not 946684800 <= seconds < 4102444800:
        raise ValueError("set_clock: a Unix time from 946684800 to 4102444799 expected, not %r" % (seconds,))
    from arduino_iot_cloud.network_time import set_rtc

    set_rtc(seconds)


def led(board, on: bool):
    """Switch the board's LED. Raises ValueError if none is known: set `LED = (pin, level that lights it)`."""
    if not board.LED:
        raise ValueError("%s: no LED is known; set LED = (pin, level that lights it)" % board.NAME)
    from machine import Pin

    pin, lit = board.LED
    Pin(pin, Pin.OUT).value(lit if on else 1 - lit)


FUNCTIONS = {
    "network_interface": network_interface,
    "can_deep_sleep": can_deep_sleep,
    "deep_sleep": deep_sleep,
    "set_clock": set_clock,
    "led": led,
}


def complete(board):
    """Add the facts and functions that a board does not define. Returns the board."""
    for name in FACTS:
        if not hasattr(board, name):
            setattr(board, name, FACTS[name])
    if hasattr(board, "deep_sleep") and not hasattr(board, "can_deep_sleep"):
        board.can_deep_sleep = lambda: True
    for name in FUNCTIONS:
        if not hasattr(board, name):
            setattr(board, name, _bound(FUNCTIONS[name], board))
    return board


def _bound(function, board):
    return lambda *args, **named: function(board, *args, **named)
