"""What follows a lost connection or a failed attempt, for all drivers: it is reported, and a pause comes.

Comes and goes: a driver imports it for that, and unloads it with its next connection.
"""

from random import random

from .port import const, log

_SLOW_S = const(60)  # where waiting alone does not help
_MAX_S = const(32)
_SUSPICIOUS = const(3)  # brief connections in a row: another device with the same id?


def pause(driver, error) -> int:
    """Report what ended the connection. Returns the ms until the next attempt.

    They are a random part of the pause, so that a thousand devices do not come back at once: from half of it on. Each
    pause is longer than the one before, up to 32 s; it is a minute where waiting alone does not help. A connection that
    has lasted 30 s starts them over. `driver` has `first` and `delay` (seconds of the first and of the next pause),
    `factor`, `since` (the tick at which the connection began; None without one, 0 once it has lasted) and `brief` (how
    many in a row have not).
    """
    if driver.since:
        driver.brief += 1
    elif driver.since == 0:
        driver.brief = 0
        driver.delay = driver.first
    driver.since = None
    try:
        heals = driver.explain(error)
        if driver.brief >= _SUSPICIOUS:
            from .diagnosis import hint_same_id

            hint_same_id(driver.client)
    except Exception as other:  # there may be no memory to say it in words
        log(40, repr(other))
        heals = True
    wait = driver.delay * (0.5 + random() / 2) if heals else _SLOW_S
    driver.delay = min(driver.delay * driver.factor, _MAX_S)
    return int(wait * 1000)
