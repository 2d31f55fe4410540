"""The watchdog, fed as long as everything that has to get on does so: see `Watchdog`."""

from arduino_iot_cloud.port import const, log, ticks_diff, ticks_ms

_USUAL = const(30000)  # ms: where a board would allow longer
_LONGEST = const(504000)  # seconds: ticks wrap after 149 hours


def limit_of(board, wanted) -> int:
    """The watchdog's limit in ms: `wanted` (True for the usual one), as far as the board goes; 0 where it has none.

    Raises ValueError for a limit that the board does not have.
    """
    longest = board.WATCHDOG_MS
    if not longest:
        log(30, "%s has no watchdog." % board.NAME)
        return 0
    if wanted is True:
        return min(longest, _USUAL)
    if not isinstance(wanted, int) or not 1000 <= wanted <= longest:
        raise ValueError("watchdog: True, or 1000 to %d ms on %s expected, not %r" % (longest, board.NAME, wanted))
    return wanted


class Watchdog:
    """Resets the board unless it is fed in time, and is fed only while each part of the program gets on.

    limit: ms. From here on it cannot be switched off.
    """

    starving = None  # the name of the part for whose sake it is not fed any more

    def __init__(self, limit: int):
        from machine import WDT

        self.limit = limit
        self._parts: dict = {}
        self._wdt = WDT(timeout=limit)

    def part(self, name: str, seconds: float):
        """Expect a sign of life of a part at least so often. Returns the function that gives it.

        Raises ValueError for a time that ticks cannot tell (more than 140 hours), or none.
        """
        if not (type(seconds) in (int, float) and 0 < seconds <= _LONGEST):
            raise ValueError("seconds: above 0, up to %d expected, not %r" % (_LONGEST, seconds))
        part = [int(seconds * 1000), ticks_ms()]
        self._parts[name] = part

        def alive():
            part[1] = ticks_ms()

        return alive

    def poll(self, now: int):
        """Feed it, if no part is late; `now` in ticks."""
        for name, (longest, last) in self._parts.items():
            if ticks_diff(now, last) > longest:
                if not self.starving:
                    late = longest // 1000
                    log(40, "'%s' gave no sign of life for %d s: the watchdog will reset the board." % (name, late))
                self.starving = name
                return
        self.starving = None
        self._wdt.feed()

    def feed(self):
        """Feed it, whatever the parts do: while the board sleeps."""
        self._wdt.feed()
