"""What the cloud tells a device beside values: its thing, the last values, the time zone.

Topics and commands are those of the ArduinoIoTCloud C++ library 2.9, beside those of the older
discovery of the official Python client. The functions work on a `session.Session`.

Comes and goes: the session imports it for a message, and enters it while callbacks may run; the driver unloads it
once values flow.
"""

from ..port import const, log, ticks_add

# Of `property`
_OWN = const(1)
_SENT = const(2)
_TOLD = const(4)
_FIRST = const(8)

_ASK_MS = const(30000)  # from the last values to the first question for a time zone


# Several short functions: a board's heap finds room for each of them where it would not for a long one.


def message(session, topic: bytes, buf, pos: int, end: int, now: int):
    """Take a message that is neither a command nor a value of the thing. Raises CBORError for a malformed one."""
    if topic == ("/a/t/%s/shadow/i" % session.thing_id).encode():
        values(session, buf, pos, end, now)
    else:
        session.drop("a message on an unknown topic")


def command(session, command: list, now: int):
    """Take a command, as `messages.decode` returns it, that `attaching` does not take. Raises CBORError for malformed
    last values in it."""
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
    """The last values have all been taken, or are lost: the session is connected."""
    session.again = None
    if session.state == "RequestLastValues":
        session.enter("Connected")
        if session.tz_dst_until:
            session.look = ticks_add(now, _ASK_MS)
            session.wake = ticks_add(now, 1000)  # `zone` looks
        log(20, "Synchronised with the cloud.")
        session.on_sync()


# Whose value counts: docs/types-and-policies.md has the rule in words.


def counts(session, p, attribute) -> bool:
    """Whether a last value may be taken for a property, or for this attribute of it, that the cloud may write."""
    standing = p.standing
    keys = getattr(p, "KEYS", ())
    if attribute in keys and standing & _FIRST << keys.index(attribute):
        return False  # it was asked for before this was written
    if not p.initialized:
        return True
    if standing & _TOLD or standing & _SENT and session.ready:
        return False  # it was asked for before this went out, or was told likewise
    return p.policy is not None or not standing & _OWN


def replace(session, p, whole: bool):
    """A last value has been taken for a property, all of it or some attributes: what is under way must not be sent
    again."""
    if whole:
        p.standing &= ~_OWN
    if p.standing & _SENT and not (p.policy and p.policy.owes()):  # after samples the value goes as one of its own
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
    """Take a record of a name that is no property's: the time zone."""
    if name in ("tz_offset", "tz_dst_until"):
        if type(value) not in (int, float) or not -1e11 < value < 1e11:
            return session.drop(" ".join((name, repr(value)[:50])))
        if session.state == "Connected":
            if session.look is None and not session.tz_dst_until and name == "tz_dst_until":
                session.look = ticks_add(now, _ASK_MS)
            session.wake = now  # `zone` looks
        setattr(session, name, int(value))
    else:
        log(20, "Unknown variable from the cloud: " + name[:50])
