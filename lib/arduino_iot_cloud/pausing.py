"""What ticks cannot tell, which come round within days: how long a pause was, and when a long interval ends.

Comes and goes. A driver imports it when a run begins again, the sync driver after long without `update`, and the client
for an interval of more than a day; the client unloads it, and the async driver once it is connected.
"""

from time import time

from .port import const, ticks_diff

_FAR_S = const(100000)  # a day and a bit: ticks further apart may have wrapped, and are not compared


def far(now: int, ticks: int) -> bool:
    """Whether a tick is so far from now that it says nothing."""
    return not 0 <= ticks_diff(now, ticks) < _FAR_S * 1000


def resume(client, now: int, ticks: int, seconds: int) -> bool:
    """The client goes on. `ticks` and `seconds` are the tick and the time at which it paused. Where ticks of that
    time may have wrapped, which nothing but the clock can tell, nothing that was noted in ticks holds any more: all
    callbacks are due. Returns whether that is so."""
    # A clock that jumps in a moment's pause is no long pause.
    moment = ticks_diff(now, ticks) < 60000 or 0 <= time() - seconds < _FAR_S
    if seconds and moment and not far(now, ticks):
        return False
    for p in client.runnable:
        p.due = now
        p.far = 0
    for p in client.records.values():
        if p.policy:
            p.policy.resumed(now)
    return True


def piece(p) -> int:
    """The seconds until the next tick `due` of a property with a long interval; `p.far` says how many stretches of
    time follow that."""
    if p.far:
        p.far -= 1
        return _FAR_S
    p.far = int((p.interval - 0.001) // _FAR_S)  # of 0 s the next look would come too late
    return p.interval - p.far * _FAR_S
