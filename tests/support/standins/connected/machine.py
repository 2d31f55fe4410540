"""A board's module `machine`, as far as the documentation's pages use it."""


class Pin:
    """A pin that keeps its value."""

    IN, OUT, PULL_UP, IRQ_FALLING = 0, 1, 2, 4

    def __init__(self, number, mode=None, pull=None):
        self._value = 0

    def value(self, value=None):
        if value is None:
            return self._value
        self._value = value

    def irq(self, handler, trigger, hard=False):
        """Call the handler at once."""
        handler(self)
