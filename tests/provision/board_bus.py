# For MicroPython: the pins and the I2C bus of a board whose secure chip is simulated
# (tests/support/portable/se05x_chip.py). The chip's objects are in a file, so that they outlive a reset.
from se05x_chip import SE05XChip

FILE = "chip_objects"


class Pin:
    """A pin that does nothing."""

    OUT = 1

    def __init__(self, name, mode):
        pass

    def value(self, level):
        pass


class I2C(SE05XChip):
    """The bus with the chip on it."""

    def __init__(self, bus, freq):
        try:
            with open(FILE) as file:
                objects = eval(file.read())
        except OSError:
            objects = {}
        super().__init__(objects, busy=0, waits=0)

    def _run(self, command):
        answer = super()._run(command)
        with open(FILE, "w") as file:
            file.write(repr(self.objects))
        return answer
