"""The bus of the secure chip on each of Arduino's boards."""

from arduino_cloud_board import key_store
from arduino_cloud_board.chips import bus as chip_bus
from atecc608_chip import ATECC608Chip
from portable_assert import raises
from se05x_chip import SE05XChip
from stands_in import Stands

HEAPSIZE = "4m"
DONE = []


class Pin:
    """Stands for machine.Pin: notes the levels that it is set to."""

    OUT = 1

    def __init__(self, name, mode=None):
        self.name = name

    def value(self, level):
        DONE.append((self.name, level))


class Machine:
    """Stands for `machine` on a board with both chips."""

    Pin = Pin

    @staticmethod
    def I2C(bus, freq):
        DONE.append((bus, freq))
        return SE05XChip() if freq == 400000 else ATECC608Chip()

    @staticmethod
    def SoftI2C(scl, sda, freq):
        return Machine.I2C((scl.name, sda.name), freq)


def opened(machine_text, where):
    """What opening a store does on this board's bus."""
    DONE.clear()
    kept, chip_bus.machine_text = chip_bus.machine_text, lambda: machine_text
    try:
        with Stands("machine", Machine):
            assert key_store.open(where).names() == []
    finally:
        chip_bus.machine_text = kept
    return DONE


def test_each_boards_bus():
    for text, where, done in (
        ("Arduino Nicla Vision with STM32H747", "se05x", [("SE05X_EN", 0), ("SE05X_EN", 1), (2, 400000)]),
        ("Arduino Portenta H7 with STM32H747", "se05x", [("SE05X_EN", 0), ("SE05X_EN", 1), (1, 400000)]),
        ("Arduino Portenta H7 with STM32H747", "atecc608", [(1, 100000)]),
        ("Arduino Portenta C33 with RA6M5", "se05x", [("P010", 0), ("P010", 1), (("P309", "P310"), 400000)]),
        ("Arduino Nano RP2040 Connect with RP2040", "atecc608", [(0, 100000)]),
        ("Arduino OPTA with STM32H747", "atecc608", [(1, 100000)]),
    ):
        assert opened(text, where) == done, text


def test_a_board_without_the_chip_says_so():
    pico = "Raspberry Pi Pico W with RP2040"
    for text, where in (("Arduino Nicla Vision with STM32H747", "atecc608"), (pico, "se05x")):
        error = raises(OSError, opened, text, where)
        assert error.args[0] == 19 and text in str(error)
