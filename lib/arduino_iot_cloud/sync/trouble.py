"""Functions that sync mode needs only for trouble: lost links, long pauses, large messages.

Temporary: the driver imports it for them, and unloads it once values flow.
"""

from ..port import const, report, ticks_add, ticks_diff, ticks_ms
from .link import MQTTException

_LARGE_MS = const(30000)  # for a message that is larger than the buffer


def explain(driver, error: Exception, ours: bool) -> bool:
    """Report why the connection ended; `ours`: the error is not umqtt's. Returns whether waiting may help."""
    from ..diagnosis import explain
    from ..mqtt import MQTTError

    if not isinstance(error, (OSError, EOFError, MemoryError)):
        if isinstance(error, MQTTException):
            error = MQTTError("the server refused the connection", error.args[0])
        elif ours or not isinstance(error, (AssertionError, IndexError, ValueError)):
            driver.faults += 1
            report(None, error)
            error = MQTTError("a packet could not be handled", 0)
        elif not isinstance(error, ValueError):  # umqtt raises these for packets that no server may send
            error = MQTTError("malformed packet", 0)
    return explain(driver.client, error)


def renew(driver, now: int, ticks: int, seconds) -> bool:
    """Continue after `update` was not called since this tick and time, for at least a minute. After a day all callbacks
    are due, and the pauses start over. Returns whether ticks may have wrapped: then the link counts as lost.

    Otherwise the link itself finds out whether it has ended: perhaps the clock was only set."""
    from ..pauses import far, resume

    if not resume(driver.client, now, ticks, seconds):
        return False
    driver.since = None
    driver.pauses[1] = driver.pauses[0]
    return far(now, ticks)


def pieces(link, session, topic, size: int, patience: int):
    """Pass a message that is larger than the buffer (`size` bytes) to the session as it arrives: each part within
    `patience` ms, all within 30 s."""
    buf = bytearray(size)
    view = memoryview(buf)
    have = 0
    end = ticks_add(ticks_ms(), _LARGE_MS)
    while link.rest:
        link.arm(min(patience, ticks_diff(end, ticks_ms())))
        have = link.take(view, have, size)
        used = session.piece(topic, view, 0, have, link.rest, ticks_ms())
        if not used and have == size:
            raise OSError("part of a packet is too large")
        topic = None
        have -= used
        buf[:have] = buf[used : used + have]
    link.arm(patience)
