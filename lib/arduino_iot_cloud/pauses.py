"""Pauses: the one that follows a lost connection or a failed attempt, and what ticks, which come round within days,
cannot tell of a long one.

Comes and goes. A driver imports it where a connection has ended and where a run begins again, the sync driver after
long without `update`, and the client for an interval of more than a day; the client unloads it, and a driver with its
next connection.
"""

from random import random
from time import time

from .mqtt import MQTTError
from .port import const, forget, log, report, ticks_diff

_SLOW_S = const(60)  # where waiting alone does not help
_MAX_S = const(32)
_SUSPICIOUS = const(3)  # brief connections in a row: another device with the same id?
_FAR_S = const(100000)  # a day and a bit: ticks further apart may have wrapped, and are not compared


def lost(driver, error) -> int:
    """As `pause`, of the async driver. What is not of the link is reported as a fault of this program."""
    if not isinstance(error, (OSError, MemoryError, MQTTError, EOFError, ValueError)):
        driver.faults += 1
        report("the client", error)
    return pause(driver, error)


def pause(driver, error) -> int:
    """Report what ended the connection. Returns the ms until the next attempt.

    They are a random part of the pause, so that a thousand devices do not come back at once: from half of it on. Each
    pause is longer than the one before, up to 32 s; it is a minute where waiting alone does not help. A connection that
    has lasted 30 s starts them over.

    `driver` has `pauses` (the seconds of the first and of the next pause, and the factor) and `since` (the tick at
    which the connection began; None without one, 0 once it has lasted). Its `brief` is kept here: how many in a row
    have not.
    """
    first, delay, factor = driver.pauses
    brief = getattr(driver, "brief", 0)
    if driver.since:
        brief += 1
    elif driver.since == 0:
        brief = 0
        delay = first
    driver.brief = brief
    driver.since = None
    driver.pauses[1] = min(delay * factor, _MAX_S)
    try:
        if hasattr(driver, "explain"):  # in sync mode, and on the users' side
            heals = driver.explain(error)
        else:
            from .diagnosis import explain

            heals = explain(driver.client, error)
            del explain
        if brief >= _SUSPICIOUS:
            from .diagnosis import hint_same_id

            hint_same_id(driver.client)
            del hint_same_id
    except Exception as other:  # there may be no memory to say it in words
        log(40, repr(other))
        heals = True
    forget("diagnosis")
    return int((delay * (0.5 + random() / 2) if heals else _SLOW_S) * 1000)


def resend(session):
    """A packet of values was interrupted while it was written: out of memory, or by Ctrl-C. What was put into it has
    not left: it is due again."""
    for p in getattr(session, "properties", {}).values():
        if p.changed < 0:
            if p.policy:
                p.policy.resend()
            else:
                p.owe()


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
