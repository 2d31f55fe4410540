"""The time zone of a connected session: the offset from UTC has an end, and the next one is asked for then.

The C++ library asks for the last values, every 30 seconds, and takes the link down after eleven
times. Here the command TimezoneUp, which is for that, and the last values take turns, ever more
slowly, and the values flow on.
"""

from .port import const, ticks_add, timestamp

_WAIT_S = const(30)  # for an answer; doubled after each
_LOOK_S = const(3600)  # between looks at a wall clock that may be set, or jump, meanwhile
_WEST_S = const(-43200)
_EAST_S = const(50400)
_TIMEZONE_UP = const(b"\xda\x00\x01\x08\x00\x80")


def poll(session, now: int) -> bool:
    """Look at the end of the offset. Returns true: that is all for a while.

    The wall clock is `session.clock`, if there is one, else `port.timestamp`: a function that gives
    the Unix time, 0 while it is unknown.
    """
    if not (session.tz_dst_until > 0 and _WEST_S <= session.tz_offset <= _EAST_S):
        session.drop("a time zone of %d s until %d" % (session.tz_offset, session.tz_dst_until))
        session.tz_offset = session.tz_dst_until = 0
        session.wake = None
        return True
    left = session.tz_dst_until - getattr(session, "clock", timestamp)()
    if left >= 0:  # so too while the time is unknown
        session.count = 0
        wait = min(left + 1, _LOOK_S)
    else:
        session.count += 1
        if session.count & 1 and not session.legacy:
            session.out.append(("publish", "/a/d/%s/c/up" % session.device_id, _TIMEZONE_UP))
        else:
            from .asking import ask_last_values

            ask_last_values(session)  # from the second time on in both ways
        wait = min(_WAIT_S << min(session.count - 1, 7), _LOOK_S)
    session.wake = ticks_add(now, wait * 1000)
    return True
