"""Which board this is: `load()` returns its facts and functions (docs/boards.md)."""

import sys

from arduino_iot_cloud.port import MICROPYTHON, log

# The beginning of sys.implementation._machine, up to the last " with ", and the chip after it
BOARDS = (
    ("ESP32_GENERIC", "Generic ESP32 module", "ESP32"),
    ("ESP32_GENERIC_S3", "Generic ESP32S3 module", "ESP32S3"),
    ("ESP32_GENERIC_C3", "ESP32C3 module", "ESP32C3"),
    ("ARDUINO_NANO_ESP32", "Arduino Nano ESP32", None),
    ("ARDUINO_NANO_RP2040_CONNECT", "Arduino Nano RP2040 Connect", None),
    ("RPI_PICO_W", "Raspberry Pi Pico W", "RP2040"),
    ("RPI_PICO2_W", "Raspberry Pi Pico 2 W", "RP2350"),
    ("ARDUINO_PORTENTA_H7", "Arduino Portenta H7", None),
    ("ARDUINO_PORTENTA_C33", "Arduino Portenta C33", None),
    ("ARDUINO_GIGA", "Arduino GIGA R1 WiFi", None),
    ("ARDUINO_NICLA_VISION", "Arduino Nicla Vision", None),
    ("ARDUINO_OPTA", "Arduino OPTA", None),
    ("UNIX", "linux", None),
    ("QEMU_ARM", "mps2-an385", None),
)
OVERRIDE_FILE = "board_name"


class UnknownBoard(RuntimeError):
    """This package does not know the board. The message says what was seen and what to do."""


class WrongBoard(RuntimeError):
    """The installed board.py belongs to another board. The message names both."""


def machine_text() -> str:
    """The interpreter's name for the machine: sys.implementation._machine, or from os.uname(), or ""."""
    text = getattr(sys.implementation, "_machine", None)
    if text is None and MICROPYTHON:
        import os

        text = os.uname().machine if hasattr(os, "uname") else None
    return text or ""


def _named(name, source):
    # A name that the user gave: letters, digits and underscores, like the folders of boards/.
    if not isinstance(name, str) or not name or not all(c == "_" or "0" <= c <= "9" or "A" <= c <= "Z" for c in name):
        raise ValueError("%s: a board's name such as RPI_PICO_W expected, not %r" % (source, name))
    return name


def override() -> "str | None":
    """The board's name from the file `board_name`, or from BOARD in `secrets.py`; None without either.

    Raises ValueError for anything but a board's name, OSError if the file is there but cannot be read.
    """
    where = "the file " + OVERRIDE_FILE
    try:
        with open(OVERRIDE_FILE, "rb") as file:
            content = file.read(100)
        try:
            return _named(content.decode().strip(), where)
        except UnicodeError:
            return _named(content, where)
    except OSError as error:
        if error.args[0] not in (2, 19):  # ENOENT; ENODEV, without any file system
            raise OSError(error.args[0], where + " cannot be read")
    from .keys.secrets import KeyNotFound, SecretsKeys  # it does not show the line of a mistake in secrets.py

    try:
        return _named(SecretsKeys().value("board"), "BOARD in secrets.py")
    except KeyNotFound:
        return None


def _split(text):
    # ("Generic ESP32 module with OTA", "ESP32"): the board and its chip
    at = text.rfind(" with ")
    return (text, "") if at < 0 else (text[:at], text[at + 6 :])


def fits(machine: str, prefix: str) -> bool:
    """Whether `machine`, a text like sys.implementation._machine, means the board whose MACHINE is `prefix`.

    The prefix is the whole name, or a variant's name continues it ("… module with OTA with ESP32"). It has to end with
    a word.
    """
    text = _split(machine)[0]
    return text.startswith(prefix) and text[len(prefix) : len(prefix) + 1] in ("", " ")


def detect(machine: "str | None" = None) -> str:
    """The name of this board, which is also its folder in boards/.

    `machine`: a text like sys.implementation._machine, looked up instead of this machine's. Without it, the file
    `board_name` and BOARD in `secrets.py` come first. CPython counts as UNIX. Raises UnknownBoard; ValueError if an
    override is not a board's name.
    """
    if machine is None:
        name = override()
        if name:
            return name
        if not MICROPYTHON:
            return "UNIX"
        machine = machine_text()
    for name, prefix, _ in BOARDS:
        if fits(machine, prefix):
            return name
    chip = _split(machine)[1]
    near = "".join("; with this chip, %s may fit" % name for name, _, its in BOARDS if its and its == chip)
    raise UnknownBoard(
        "unknown board: _machine is %r on %s. Write a board's name into the file board_name, or as BOARD into "
        "secrets.py%s; to add a board see docs/boards.md" % (machine, sys.platform, near)
    )


def _installed():
    # The module board.py; None without it, or if another package owns that name.
    try:
        import board
    except ImportError as error:
        if "'board'" not in str(error):  # it is there, but imports what is not
            raise
        return None
    return board if hasattr(board, "NAME") and hasattr(board, "MACHINE") else None


class _Guessed:
    # Stands in for a missing board.py with what can be seen of the board: its port and its network
    def __init__(self, name):
        self.NAME = name
        self.MACHINE = machine_text()
        self.PORT = {"linux": "unix", "pyboard": "stm32"}.get(sys.platform, sys.platform)
        if self.PORT == "esp32":
            self.KEYS = "nvs"
        elif self.PORT == "unix":
            self.KEYS = "secrets"
        try:
            import network
        except ImportError:
            return
        if hasattr(network, "WLAN"):
            self.NETWORK = "wifi"


def load(name: "str | None" = None):
    """The board's facts and functions: its installed `board.py`, completed from `defaults`.

    `name`: the board's name, instead of what `detect` finds. Without a board.py, only the facts of the port are known,
    and a board's log says so. Raises WrongBoard if board.py is for another board (your own has to fit by its MACHINE),
    UnknownBoard if there is no board.py and the board is unknown.
    """
    from .defaults import complete

    board = _installed()
    given = override() if name is None else _named(name, "load")
    if board is None:
        name = given or detect()
        board = _Guessed(name)
        if name != "UNIX":
            log(30, "Board %s: no board.py is installed, so only its port is known." % name)
    elif given:
        if board.NAME != given:
            raise WrongBoard("board.py is for %s, but %s is asked for" % (board.NAME, given))
    elif MICROPYTHON and not fits(machine_text(), board.MACHINE):
        raise WrongBoard("board.py is for %s, but _machine is %r" % (board.NAME, machine_text()))
    return complete(board)
