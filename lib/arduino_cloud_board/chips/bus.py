"""The I2C bus of the secure chip on each of Arduino's boards, and the pin that switches the chip on.

Sources: the boards' pins.csv in MicroPython, and the variants of Arduino's cores (docs/keys.md). For another board, or
a chip wired by hand, use `SE05XKeys(SE05X(T1(i2c)))` or `ATECC608Keys(ATECC608(i2c))`.
"""

from ..detection import machine_text

# The beginning of sys.implementation._machine: (chip, bus number or (SCL, SDA) of a software bus, pin)
_BOARDS = {
    "Arduino Nicla Vision": (("se05x", 2, "SE05X_EN"),),
    "Arduino Portenta H7": (("se05x", 1, "SE05X_EN"), ("atecc608", 1, None)),  # one or the other, by its age
    "Arduino Portenta C33": (("se05x", ("P309", "P310"), "P010"),),
    "Arduino Nano RP2040 Connect": (("atecc608", 0, None),),
    "Arduino OPTA": (("atecc608", 1, None),),
}


def open_se05x():
    """Open the board's SE05X. Raises OSError if it has none."""
    from .se05x import SE05X
    from .se05x_t1 import T1

    return SE05X(T1(_open("se05x", 400000)))


def open_atecc608():
    """Open the board's ATECC608. Raises OSError if it has none."""
    from .atecc608 import ATECC608

    return ATECC608(_open("atecc608", 100000))


def _open(chip, frequency):
    text = machine_text()
    for board, chips in _BOARDS.items():
        if text.startswith(board):
            for name, bus, pin in chips:
                if name == chip:
                    return _bus(bus, pin, frequency)
    raise OSError(19, "No %s is known on this board (%s)." % (chip, text))  # ENODEV


def _bus(bus, pin, frequency):
    from time import sleep

    import machine

    if pin:
        enable = machine.Pin(pin, machine.Pin.OUT)
        for level in (0, 1):
            enable.value(level)
            sleep(0.01)
    if isinstance(bus, int):
        return machine.I2C(bus, freq=frequency)
    scl, sda = bus
    return machine.SoftI2C(scl=machine.Pin(scl), sda=machine.Pin(sda), freq=frequency)
