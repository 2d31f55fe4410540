"""Secure chips on I2C: their commands, and where Arduino's boards have them."""


class ChipError(OSError):
    """A secure chip does not answer, or not as it should."""

    def __init__(self, what):
        super().__init__(5, what)  # EIO
