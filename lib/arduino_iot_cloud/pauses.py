"""Pauses after a lost connection or a failed attempt, and pauses so long that ticks, which wrap within days, cannot
measure them.

Temporary: imported by a driver when a connection has ended or a run begins again, by the sync driver after a long time
without `update`, and by the client for an interval of more than a day. The client unloads it at once, a driver with
its next connection.
"""

from random import random
from time import time

from .mqtt import MQTTError
from .port import const, forget, log, report, ticks_diff

_SLOW_S = const(60)  # the pause if waiting alone does not help
_MAX_S = const(32)
_SUSPICIOUS = const(3)  # brief connections in a row: another device may have the same id
_FAR_S = const(100000)  # a little over a day: ticks further apart may have wrapped, and are not compared


def lost(driver, error) -> int:
    """Do what `pause` does, for the async driver. An error that the link cannot cause is also reported as a fault."""
    if not isinstance(error, (OSError, MemoryError, MQTTError, EOFError, ValueError)):
        driver.faults += 1
        report("the client", error)
    return pause(driver, error)


def pause(driver, error) -> int:
    """Report what ended the connection. Returns the ms until the next attempt.

    Each pause is longer than the one before, up to 32 s. The wait is a random part of it, at least half, so that a
    thousand devices do not come back at the same moment. If waiting alone does not help, it is a minute. A connection
    that has lasted 30 s resets the pauses.

    `driver` has `pauses` (the seconds of the first and the next pause, and the factor) and `since` (the tick at which
    the connection began; None without one, 0 once it has lasted). Its `brief` counts the connections in a row that did
    not last.
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
        if hasattr(driver, "explain"):  # in sync mode, and for users
            heals = driver.explain(error)
        else:
            from .diagnosis import explain

            heals = explain(driver.client, error)
            del explain
        if brief >= _SUSPICIOUS:
            from .diagnosis import hint_same_id

            hint_same_id(driver.client)
            del hint_same_id
    except Exception as other:  # there may be too little memory for the message
        log(40, repr(other))
        heals = True
    forget("diagnosis")
    return int((delay * (0.5 + random() / 2) if heals else _SLOW_S) * 1000)


def resend(session):
    """Make the values of a packet due again whose writing was interrupted, by lack of memory or by Ctrl-C: it was not
    sent."""
    for p in getattr(session, "properties", {}).values():
        if p.changed < 0:
            if p.policy:
                p.policy.resend()
            else:
                p.owe()


def far(now: int, ticks: int) -> bool:
    """Return whether a tick is so far from `now` that the ticks may have wrapped."""
    return not 0 <= ticks_diff(now, ticks) < _FAR_S * 1000


def resume(client, now: int, ticks: int, seconds: int) -> bool:
    """Continue a client that paused at the tick `ticks` and the time `seconds`. If the ticks may have wrapped since
    then, which only the clock shows, no noted tick is valid any longer: all callbacks are due. Returns whether that is
    so."""
    # If the clock jumps during a short pause, that does not make it a long one.
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
    """Return the seconds until the next tick `due` of a property with a long interval. `p.far` counts the pieces of
    100000 s that follow."""
    if p.far:
        p.far -= 1
        return _FAR_S
    p.far = int((p.interval - 0.001) // _FAR_S)  # so that no piece has 0 s, which would make the next one late
    return p.interval - p.far * _FAR_S
