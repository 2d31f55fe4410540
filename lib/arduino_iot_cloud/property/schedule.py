"""Schedule: a repeating period of time that is set in the cloud."""

from ..port import const, log, timestamp
from .composites import Composite


class Schedule(Composite):
    """A schedule: active from `frm` for `len` seconds, and again as the mask `msk` says, until `to`.

    `frm` and `to` are the thing's local time, in seconds like Unix time; `to` 0 means no end.
    `on_active(client, value)` is called when it becomes active. Further arguments are those of
    ArduinoCloudObject, except that `on_run` has no effect, as in the official client: every `interval`
    seconds the method of that name is called, which a class of your own may extend. `active` is
    whether it is active now (bool). The module `masks` makes masks.
    """

    KEYS = ("frm", "to", "len", "msk")
    TYPES = "iiii"
    active = False

    def __init__(self, name: str, on_active=None, **kwargs):
        if on_active is not None and not callable(on_active):
            raise TypeError("'%s': on_active is a function, not %r" % (name, on_active))
        self.on_active = on_active
        if kwargs.get("on_run"):
            log(30, "'%s': a Schedule has its own on_run, so the argument has no effect" % name)
        kwargs["on_run"] = self.on_run
        Composite.__init__(self, name, **kwargs)

    def on_run(self, client, args=None):
        """Check the time and update `active`. Returns what `on_active` returns, which it calls on becoming active."""
        was = self.active
        now = timestamp()
        if now:
            now += client.get("tz_offset", 0)
        self.active = self.initialized and is_active(self.value, now)
        if self.active and not was and self.on_active:
            return self.on_active(client, self.value)


_DAY = const(86400)
_PERIOD = (1, 60, 3600, _DAY)  # seconds in the units of a fixed delta


def is_active(schedule: dict, now: int) -> bool:
    """Return whether a schedule is active at a local time, in seconds like Unix time (0: unknown).

    The rules are those of the C++ library. The end of a period still counts: it has `len` + 1 seconds. The mask is
    checked for the current day. So a period beyond midnight ends there, unless the mask has the next day, too; and on
    a day of the mask, a period that would have begun the day before is active. A fixed delta of 0 does not repeat.
    """
    frm = schedule["frm"]
    mask = schedule["msk"]
    if not now or now < frm or schedule["to"] and now >= schedule["to"]:
        return False
    kind = mask >> 26 & 15
    if kind == 0:  # one-shot
        period = 0
    elif kind == 1:  # fixed delta
        period = _PERIOD[mask >> 30 & 3] * (mask & 0x3FFFFFF)
    else:
        period = _DAY
        if kind > 4 or not _on_day(kind, mask, now // _DAY):
            return False
    elapsed = now - frm
    return (elapsed % period if period else elapsed) <= schedule["len"]


def _on_day(kind, mask, days):
    # Whether a day, counted from 1970, is in the mask. It does without gmtime, which ends in 2038 on 32-bit boards.
    if kind == 2:  # weekly, bit 0 is Sunday
        return mask >> (days + 4) % 7 & 1 == 1
    # In years that begin in March, the leap day is the last day, and five months always have 153 days.
    days = (days + 719468) % 146097
    year = (days - days // 1460 + days // 36524 - days // 146096) // 365
    days -= 365 * year + year // 4 - year // 100
    month = (5 * days + 2) // 153
    day = days - (153 * month + 2) // 5 + 1
    if kind == 4 and (month + 2) % 12 != mask >> 8 & 255:
        return False
    return day == mask & 255
