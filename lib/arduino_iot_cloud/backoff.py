"""The pauses between attempts to connect, for all drivers."""

from random import random

from .port import const, ticks_diff

_SLOW_S = const(60)  # where waiting alone does not help
_MAX_S = const(32)
_LASTING_MS = const(30000)  # a connection of this length starts the pauses over
_SUSPICIOUS = const(3)  # shorter ones in a row: another device with the same id?


class Backoff:
    """The pauses of one client: each is longer than the one before, until a connection has lasted 30 s."""

    brief = 0  # connections in a row that did not last
    _since = None  # when the present connection began; None once it has lasted, or where there is none
    _up = False

    def begin(self, interval: float, factor: float):
        """A run begins. interval: seconds of the first pause; factor: what each further one multiplies it by."""
        self._first = self._next = interval
        self._factor = factor
        self.brief = 0
        self._up = False
        self._since = None

    def connected(self, now: int):
        """The server has accepted the connection."""
        self._up = True
        self._since = now

    def poll(self, now: int):
        """Look at the time. To be called at least every few minutes while connected: ticks wrap."""
        if self._since is not None and ticks_diff(now, self._since) >= _LASTING_MS:
            self._since = None
            self.brief = 0
            self._next = self._first

    def pause(self, now: int, heals: bool) -> int:
        """The connection or the attempt has ended. Returns the ms until the next one: a random part of the pause, so
        that a thousand devices do not come back at once; a minute where waiting alone does not help."""
        self.poll(now)
        if self._up:
            self._up = False
            if self._since is not None:
                self._since = None
                self.brief += 1
        wait = self._next * (0.5 + random() / 2) if heals else _SLOW_S
        self._next = min(self._next * self._factor, _MAX_S)
        return int(wait * 1000)

    @property
    def suspicious(self) -> bool:
        """Whether the last three connections or more were cut off soon after they began."""
        return self.brief >= _SUSPICIOUS
