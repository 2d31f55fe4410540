"""How a device finds its thing and its last values: the part of the session until the values flow.

Topics, commands, waits and counts are those of the ArduinoIoTCloud C++ library
2.9; the older discovery of the official Python client is spoken beside it. The
functions work on a `session.Session`. Its attribute `announce`, if there is one, holds the further
commands of a device's greeting: see `announcing`.
"""

from . import __version__
from .port import const, log, ticks_add
from .senml import label

_RETRY_MS = const(2000)  # doubled before each wait for a thing
_RETRY_MAX_MS = const(32000)
_UNLINKED_MS = const(20000)  # the same where the cloud knows the device, but no thing for it
_UNLINKED_MAX_MS = const(1280000)
_LAST_VALUES_MS = const(30000)
_HOLD_MS = const(3000)  # values of our own wait so long for the last values
_LIMIT = const(11)  # times that one question is asked


def begin(session, now: int):
    """MQTT has connected: ask for the thing."""
    session.out.clear()
    session.topic = None
    session.unlinked = False
    _enter(session, "SendCapabilities", now)


def _enter(session, state, now):
    session.state = state
    session.ready = False
    session.count = 0
    session.wake = now


def poll(session, now: int):
    """Ask what is due to be asked."""
    state = session.state
    session.wake = None
    if state == "SendCapabilities":
        count = session.count = session.count + 1
        if session.unlinked:
            wait = _UNLINKED_MS << min(count, 6)
            wait = min(wait, _UNLINKED_MAX_MS)
        elif count > _LIMIT:
            return _reset(session)
        else:
            wait = min(_RETRY_MS << count, _RETRY_MAX_MS)
        _ask_thing(session)
    elif state == "RequestLastValues":
        if session.count and not session.ready:
            session.ready = True  # the cloud keeps silent: do not hold the values any longer
            wait = _LAST_VALUES_MS - _HOLD_MS
        else:
            session.count += 1
            if session.count > _LIMIT:
                return _reset(session)
            ask_last_values(session)
            wait = _LAST_VALUES_MS if session.ready else _HOLD_MS
    else:
        return
    session.wake = ticks_add(now, wait)


def _reset(session):
    session.state = "Disconnected"
    session.out.append(("reset", None, None))


# The three commands that every connection sends, as `messages.encode` would make them.
_DEVICE_BEGIN = const(b"\xda\x00\x01\x07\x00\x81")
_THING_BEGIN = const(b"\xda\x00\x01\x03\x00\x81\x60")
_LAST_VALUES_BEGIN = const(b"\xda\x00\x01\x05\x00\x80")


def _ask_thing(session):
    device = "/a/d/" + session.device_id
    topics = []
    if session.discovery != "legacy":
        topics.append(device + "/c/dw")
    if session.discovery != "command":
        topics.append(device + "/e/i")
    session.out.append(("subscribe", topics, None))
    session.out.append(("publish", device + "/c/up", _DEVICE_BEGIN + label(__version__)[1:]))
    for command in getattr(session, "announce", ()):
        session.out.append(("publish", device + "/c/up", command))
    if session.discovery != "legacy":
        session.out.append(("publish", device + "/c/up", _THING_BEGIN))


def ask_last_values(session):
    """Have them asked for."""
    # The way the thing was found; then, where allowed, both ways.
    again = session.count > 1 and session.discovery == "both"
    if session.legacy or again:
        session.out.append(("publish", "/a/t/%s/shadow/o" % session.thing_id, b"\x81\xa2\x00cr:m\x03mgetLastValues"))
    if not session.legacy or again:
        session.out.append(("publish", "/a/d/%s/c/up" % session.device_id, _LAST_VALUES_BEGIN))


def _attach(session, thing_id, legacy, now):
    # The cloud said which thing this device belongs to, "" for none.
    if session.topic is not None:
        if thing_id == session.thing_id:
            return
        _detach(session, now)
    if not thing_id:
        if not session.unlinked:
            session.unlinked = True
            log(30, "The device is not attached to a thing. Attach it in the cloud; waiting.")
        return
    if session.thing_id not in (None, thing_id):
        for p in session.properties.values():  # the other thing has never seen them
            if p.initialized and p.changed < 1:
                p.changed = 1
                if p.history:
                    p.history.again()
    session.unlinked = False
    session.thing_id = thing_id
    session.legacy = legacy
    thing = "/a/t/" + thing_id
    session.topic = (thing + "/e/o").encode()
    session.data_in = (thing + "/e/i").encode()
    topics = [session.data_in]
    if session.discovery != "command":
        topics.append(thing + "/shadow/i")
    session.out.append(("subscribe", topics, None))
    _enter(session, "RequestLastValues", now)
    session.on_event("connect")


def _detach(session, now):
    if session.topic is not None:
        session.out.append(("unsubscribe", [session.data_in, "/a/t/%s/shadow/i" % session.thing_id], None))
        session.topic = None
        session.data_in = b""
        _enter(session, "SendCapabilities", now)
        session.on_event("disconnect")


def message(session, topic: bytes, buf, pos: int, end: int, now: int):
    """Take a message that is no value of the thing. Raises CBORError for a malformed one."""
    device = "/a/d/" + session.device_id
    if topic == (device + "/c/dw").encode():
        from .messages import decode

        _command(session, decode(buf, pos, end), now)
    elif topic == ("/a/t/%s/shadow/i" % session.thing_id).encode():
        _last_values(session, buf, pos, end, now)
    elif topic == (device + "/e/i").encode():
        session.values(buf, pos, end, False, now)
    else:
        session.drop("a message on an unknown topic")


def _command(session, command, now):
    name = command[0]
    if name == "ThingUpdate":
        _attach(session, command[1], False, now)
    elif name == "ThingDetach":
        if command[1] == session.thing_id:
            _detach(session, now)
        else:
            session.drop("a ThingDetach for another thing")
    elif name == "LastValuesUpdate":
        _last_values(session, command[1], 0, len(command[1]), now)
    elif name == "TimezoneDown":
        internal(session, "tz_dst_until", command[2], now)
        internal(session, "tz_offset", command[1], now)


def _last_values(session, buf, pos, end, now):
    session.values(buf, pos, end, True, now)
    if session.state == "RequestLastValues":
        session.state = "Connected"
        session.wake = ticks_add(now, 1000) if session.tz_dst_until else None  # `zone` looks
    session.ready = session.topic is not None
    session.synced = True
    session.on_sync()


def internal(session, name: str, value, now: int):
    """Take a record of a name that is no property's: the thing's id, the time zone."""
    if name == "thing_id":
        if not isinstance(value, str) or len(value) > 36:
            return session.drop("the thing_id %r" % value)
        _attach(session, value, True, now)
    elif name in ("tz_offset", "tz_dst_until") and type(value) in (int, float) and value - value == 0:
        setattr(session, name, int(value))
        if session.state == "Connected":
            session.wake = now
    else:
        log(20, "Unknown variable from the cloud: " + name)
