"""The cloud tells a device which thing it belongs to, or that it no longer does.

Comes and goes as `answers` does. The functions work on a `session.Session`.
"""

from ..port import const, log

# Of `property`
_OWN = const(1)
_SENT = const(2)


def command(session, command: list, now: int):
    """Take a ThingUpdate or a ThingDetach, as `messages.decode` returns it."""
    if command[0] == "ThingUpdate":
        begin(session, command[1], False, now)
    elif command[1] == session.thing_id:
        end(session, now)
    else:
        session.drop("a ThingDetach for another thing")


def internal(session, name: str, value, now: int):
    """Take the record `thing_id` of the older discovery."""
    if isinstance(value, str) and len(value) <= 36:
        begin(session, value, True, now)
    else:
        session.drop("the thing_id " + repr(value)[:50])


def begin(session, thing_id: str, legacy: bool, now: int):
    """The cloud said which thing this device belongs to, "" for none."""
    if session.topic is not None:
        if thing_id == session.thing_id:
            return
        end(session, now)
    if thing_id:
        forget(session.properties, session.thing_id not in (None, thing_id))
        session.unlinked = False
        session.thing_id = thing_id
        session.legacy = legacy
        session.topic = ("/a/t/%s/e/o" % thing_id).encode()
        session.data_in = ("/a/t/%s/e/i" % thing_id).encode()
        topics = [session.data_in]
        if session.discovery != "command":
            topics.append("/a/t/%s/shadow/i" % thing_id)
        session.out.append(("subscribe", topics, None))
        session.enter("RequestLastValues", now)
        session.on_event("connect")
    elif not session.unlinked:
        session.unlinked = True
        log(30, "The device is not attached to a thing. Attach it in the cloud; waiting.")


def forget(properties: dict, whole: bool):
    """This connection has told nothing of these yet; `whole`: another thing has never seen the values at all."""
    for p in properties.values():
        p.standing &= _OWN if whole else _OWN | _SENT
        if whole:
            if p.initialized:
                p.standing |= _OWN
            if p.policy:
                p.policy.begin()
            elif p.initialized:
                p.owe()


def end(session, now: int):
    """The device belongs to its thing no more."""
    if session.topic is not None:
        session.out.append(("unsubscribe", [session.data_in, "/a/t/%s/shadow/i" % session.thing_id], None))
        session.topic = None
        session.data_in = b""
        session.enter("SendCapabilities", now)
        session.on_event("disconnect")
