"""The questions of a connected session: for the time zone when its offset has ended, and for missing last values.

When the offset from UTC has ended, the C++ library asks for the last values every 30 seconds, and closes the link
after eleven times. Here the session alternates between the command TimezoneUp, which is meant for that, and asking
for the last values. It asks less and less often, and values keep flowing.

Temporary: the session imports it for a check, `registering` for a new property; then the driver unloads it.
"""

from ..port import const, ticks_add, ticks_diff, timestamp

_WAIT_S = const(30)  # for an answer; doubled after each question
_GOOD_S = const(900)  # an offset that is valid for longer ends the doubling
_LOOK_S = const(3600)  # between checks of the clock, which may be set, or jump, meanwhile
_WEST_S = const(-43200)
_EAST_S = const(50400)

_TIMEZONE_UP = const(b"\xda\x00\x01\x08\x00")


def refresh(session, now: int):
    """Ask for the last values again, if the session is connected: a new property has no value."""
    if session.state == "Connected" and not session.again:
        session.again = [now, 0]
        session.wake = now


def poll(session, now: int) -> bool:
    """Ask what is due. Returns True: nothing else is due for a while."""
    again = session.again
    if again and ticks_diff(again[0], now) <= 0:
        from .asking import values

        again[1] += 1
        values(session, again[1] > 1)
        again[0] = ticks_add(now, _wait(again[1]))
    session.wake = _look(session, now)
    if again and (session.wake is None or ticks_diff(again[0], session.wake) < 0):
        session.wake = again[0]
    return True


def _wait(count):
    # The ms to wait after the question of that number
    return min(_WAIT_S << min(count - 1, 7), _LOOK_S) * 1000


def _look(session, now):
    # Check the end of the offset. If it has passed, ask for the next one, unless the last question still waits for its
    # answer, until `session.look`. Returns the tick of the next check, or None. The clock is `session.clock`, if there
    # is one, else `port.timestamp`: a function that returns Unix time, 0 if that is unknown.
    if session.look is not None and ticks_diff(session.look, now) <= 0:
        session.look = None
    wait = None
    if session.tz_dst_until or session.tz_offset:
        if session.tz_dst_until <= 0 or not _WEST_S <= session.tz_offset <= _EAST_S:
            session.drop("a time zone of %d s until %d" % (session.tz_offset, session.tz_dst_until))
            session.tz_offset = session.tz_dst_until = 0
        else:
            wait = session.tz_dst_until - getattr(session, "clock", timestamp)()
            wait = min(wait + 1, _LOOK_S) * 1000
    if session.look is not None:
        return session.look
    if wait is None:
        return None
    if wait > 0:  # also while the time is unknown
        if wait > _GOOD_S * 1000:
            session.count = 0
        return ticks_add(now, wait)
    session.count += 1
    if session.count & 1 and not session.legacy:
        from .asking import send

        send(session, _TIMEZONE_UP + b"\x80")
    else:
        from .asking import values

        values(session, session.count > 1)
    session.look = ticks_add(now, _wait(session.count))
    return session.look
