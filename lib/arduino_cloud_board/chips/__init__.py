"""Secure chips on I2C: their commands, and how Arduino's boards connect them."""


class ChipError(OSError):
    """A secure chip does not answer, or answers wrongly."""

    def __init__(self, what):
        super().__init__(5, what)  # EIO
