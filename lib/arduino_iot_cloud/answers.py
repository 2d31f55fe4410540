"""What the cloud tells a device beside values: its thing, the last values, the time zone.

Topics and commands are those of the ArduinoIoTCloud C++ library 2.9, beside those of the older
discovery of the official Python client. The functions work on a `session.Session`.
"""

from .port import log, ticks_add


# Several short functions: a board's heap finds room for each of them where it would not for a long one.


def _attach(session, thing_id, legacy, now):
    # The cloud said which thing this device belongs to, "" for none.
    if session.topic is not None:
        if thing_id == session.thing_id:
            return
        _detach(session, now)
    if thing_id:
        if session.thing_id not in (None, thing_id):
            _publish_again(session)
        session.unlinked = False
        session.thing_id = thing_id
        session.legacy = legacy
        _subscribe(session, "/a/t/" + thing_id)
        session.enter("RequestLastValues", now)
        session.on_event("connect")
    elif not session.unlinked:
        session.unlinked = True
        log(30, "The device is not attached to a thing. Attach it in the cloud; waiting.")


def _publish_again(session):
    # Another thing has never seen the values.
    for p in session.properties.values():
        if p.policy:
            p.policy.anew()
        elif p.initialized and p.changed < 1:
            p.changed = 1


def _subscribe(session, thing):
    session.topic = (thing + "/e/o").encode()
    session.data_in = (thing + "/e/i").encode()
    topics = [session.data_in]
    if session.discovery != "command":
        topics.append(thing + "/shadow/i")
    session.out.append(("subscribe", topics, None))


def _detach(session, now):
    if session.topic is not None:
        session.out.append(("unsubscribe", [session.data_in, "/a/t/%s/shadow/i" % session.thing_id], None))
        session.topic = None
        session.data_in = b""
        session.enter("SendCapabilities", now)
        session.on_event("disconnect")


def message(session, topic: bytes, buf, pos: int, end: int, now: int):
    """Take a message that is neither a command nor a value of the thing. Raises CBORError for a malformed one."""
    if topic == ("/a/t/%s/shadow/i" % session.thing_id).encode():
        _last_values(session, buf, pos, end, now)
    elif topic == ("/a/d/%s/e/i" % session.device_id).encode():
        session.values(buf, pos, end, False, now)
    else:
        session.drop("a message on an unknown topic")


def command(session, command: list, now: int):
    """Take a command, as `messages.decode` returns it. Raises CBORError for malformed last values in it."""
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
        session.move("Connected")
        session.count = 0
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
