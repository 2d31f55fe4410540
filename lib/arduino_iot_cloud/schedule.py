"""Schedule: a period of time that repeats, set in the cloud."""

from .port import timestamp
from .composites import Composite


class Schedule(Composite):
    """Is active from `frm` for `len` seconds, repeatedly until `to` as the mask `msk` says.

    `frm` and `to` count the seconds of local wall-clock time like Unix time; `to` 0 means no end.
    `on_active(client, value)`: called when it becomes active. Further arguments are those of
    ArduinoCloudObject; without `on_run` it is looked at every `interval` seconds. `active` is the
    present state.
    """

    KEYS = ("frm", "to", "len", "msk")
    active = False

    def __init__(self, name: str, on_active=None, **kwargs):
        self.on_active = on_active
        super().__init__(name, on_run=self._look, **kwargs)

    def _look(self, client, args):
        was = self.active
        self.active = self.initialized and is_active(self.value, timestamp() + client.get("tz_offset", 0))
        if self.active and not was and self.on_active:
            return self.on_active(client, self.value)


_PERIOD = (1, 60, 3600, 86400)  # seconds in the units of a fixed delta


def is_active(schedule: dict, now: int) -> bool:
    """Whether a schedule is active at a local wall-clock time, counted like Unix time (0: unknown)."""
    frm = int(schedule["frm"])
    mask = int(schedule["msk"])
    if not now or now < frm or schedule["to"] and now >= schedule["to"]:
        return False
    kind = mask >> 26 & 15
    if kind == 0:  # one-shot
        period = 0
    elif kind == 1:  # fixed delta
        period = _PERIOD[mask >> 30 & 3] * (mask & 0x3FFFFFF)
    else:
        period = 86400
        if kind > 4 or not _on_day(kind, mask, now):
            return False
    elapsed = now - frm
    return (elapsed % period if period else elapsed) <= schedule["len"]


def _on_day(kind, mask, now):
    from time import gmtime

    from .port import EPOCH

    _, month, day, _, _, _, weekday = gmtime(now - EPOCH)[:7]
    if kind == 2:  # weekly, bit 0 is Sunday
        return mask >> (weekday + 1) % 7 & 1
    return day == mask & 255 and (kind == 3 or month - 1 == mask >> 8 & 255)
