"""The watchdog, fed as long as each part of the program gives a sign of life: see `Watchdog`."""

from arduino_iot_cloud.port import const, log, ticks_diff, ticks_ms

_USUAL = const(30000)  # ms, unless the board's maximum is shorter
_LONGEST = const(504000)  # seconds: ticks wrap after 149 hours


def limit_of(board, wanted) -> int:
    """The watchdog's limit in ms: `wanted`, or for True the usual one, within the board's maximum. 0 if the board has
    no watchdog.

    Raises ValueError for a limit that the board cannot have.
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
    """Resets the board unless it is fed in time. It is fed only while each part of the program gives signs of life.

    limit: ms. Once made, a watchdog cannot be switched off.
    """

    starving = None  # the name of the late part, because of which it is no longer fed

    def __init__(self, limit: int):
        from machine import WDT

        self.limit = limit
        self._parts: dict = {}
        self._wdt = WDT(timeout=limit)

    def part(self, name: str, seconds: float):
        """Expect a sign of life from a part at least every `seconds`. Returns the function that gives it.

        Raises ValueError if `seconds` is not above 0 and at most 504000 (140 hours, the range of ticks).
        """
        if not (type(seconds) in (int, float) and 0 < seconds <= _LONGEST):
            raise ValueError("seconds: above 0, up to %d expected, not %r" % (_LONGEST, seconds))
        part = [int(seconds * 1000), ticks_ms()]
        self._parts[name] = part

        def alive():
            part[1] = ticks_ms()

        return alive

    def forget(self):
        """Expect no more signs of life, since the program that gave them was interrupted."""
        self._parts.clear()

    def poll(self, now: int):
        """Feed the watchdog if no part is late. now: in ticks."""
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
        """Feed the watchdog whatever the parts do, while the board sleeps."""
        self._wdt.feed()
