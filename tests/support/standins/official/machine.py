"""A board's pins, which print what they are set to."""


class Pin:
    """A pin by name."""

    OUT = 1

    def __init__(self, name, mode):
        self.name = name

    def value(self, value):
        """Set it."""
        print("pin %s: %d" % (self.name, value))
