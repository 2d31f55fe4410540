"""What a run of the client finds after another one has ended. Imported when one begins again, and in sync mode
after long without `update`; the async driver unloads it."""

from time import time

from .port import const, ticks_diff

_FAR_MS = const(100000000)  # a day and a bit: ticks further apart may have wrapped, and are not compared


def resume(client, now: int, ticks: int, seconds: int):
    """A run begins. `ticks` and `seconds` are the tick and the time at which the last one ended. Where ticks of that
    time may have wrapped, which nothing but the clock can tell, nothing that was noted in ticks holds any more: all
    callbacks are due."""
    pause = ticks_diff(now, ticks)
    # A clock that jumps in a moment's pause is no long pause.
    if seconds and 0 <= pause < _FAR_MS and (pause < 60000 or 0 <= time() - seconds < _FAR_MS // 1000):
        return
    for p in client.runnable:
        p.due = now
        p.far = 0
    for p in client.records.values():
        if p.policy:
            p.policy.resumed(now)
