"""Messages from the cloud with last values or the time zone, and the rules whose value counts.

Topics and commands are those of the ArduinoIoTCloud C++ library 2.9, and those of the older
discovery of the official Python client. The functions work on a `session.Session`.

Temporary: the session imports it for a message, and keeps it loaded while callbacks may run; the driver unloads it
once values flow.
"""

from ..port import const, log, ticks_add

# Bits of `property`
_OWN = const(1)
_SENT = const(2)
_EXCHANGED = const(4)
_FIRST = const(8)

_ASK_MS = const(30000)  # from the last values to the first question for a time zone


# The functions are short, since a fragmented heap may have room for each of them but not for a long one.


def message(session, topic: bytes, buf, pos: int, end: int, now: int):
    """Take a message that is neither a command nor values of the thing. Raises CBORError for a malformed one."""
    if topic == ("/a/t/%s/shadow/i" % session.thing_id).encode():
        values(session, buf, pos, end, now)
    else:
        session.drop("a message on an unknown topic")


def command(session, command: list, now: int):
    """Take a command, as `commands.decode` returns it, that is not for `attaching`. Raises CBORError for malformed last
    values in it."""
    name = command[0]
    if name == "LastValuesUpdate":
        values(session, command[1], 0, len(command[1]), now)
    elif name == "TimezoneDown":
        internal(session, "tz_dst_until", command[2], now)
        internal(session, "tz_offset", command[1], now)


def values(session, buf, pos: int, end: int, now: int):
    """Take a pack of last values. Raises CBORError for a malformed one."""
    if session.topic is None:
        return log(20, "Last values without a thing")
    session.values(buf, pos, end, True, now)
    synced(session, now)


def synced(session, now: int):
    """Note that all last values have been taken, or are lost: the session is connected."""
    session.again = None
    if session.state == "RequestLastValues":
        session.enter("Connected")
        if session.tz_dst_until:
            session.look = ticks_add(now, _ASK_MS)
            session.wake = ticks_add(now, 1000)  # for `zone`
        log(20, "Synchronised with the cloud.")
        session.on_sync()


# Whose value counts: docs/types-and-policies.md explains the rule.


def counts(session, p, attribute) -> bool:
    """Return whether a last value counts for a property that the cloud may write, or for this attribute of it."""
    standing = p.standing
    keys = getattr(p, "KEYS", ())
    if attribute in keys and standing & _FIRST << keys.index(attribute):
        return False  # the cloud has written this attribute since the last values were asked for
    if not p.initialized:
        return True
    if standing & _EXCHANGED or standing & _SENT and session.ready:
        return False  # the value was sent or received since the last values were asked for
    return p.policy is not None or not standing & _OWN


def replace(session, p, whole: bool):
    """Note that a last value was taken for a property, all of it if `whole`, else some attributes. What is under way
    must not be sent again."""
    if whole:
        p.standing &= ~_OWN
    if p.standing & _SENT and not (p.policy and p.policy.owes()):  # with samples, the value is sent as another sample
        session.stale = True
        for one in session.properties.values():
            if one.standing & _SENT:
                one.standing &= ~_SENT
                if one is p and not isinstance(p.value, dict):
                    if p.changed < 0:
                        p.changed = 0
                elif one.policy:
                    one.policy.resend()
                else:
                    one.owe()


def internal(session, name: str, value, now: int):
    """Take a record whose name is not a property's: the time zone."""
    if name in ("tz_offset", "tz_dst_until"):
        if type(value) not in (int, float) or not -1e11 < value < 1e11:
            return session.drop(" ".join((name, repr(value)[:50])))
        if session.state == "Connected":
            if session.look is None and not session.tz_dst_until and name == "tz_dst_until":
                session.look = ticks_add(now, _ASK_MS)
            session.wake = now  # for `zone`
        setattr(session, name, int(value))
    else:
        log(20, "Unknown variable from the cloud: " + name[:50])
