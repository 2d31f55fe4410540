"""The cloud tells a device which thing it belongs to, or that it no longer does.

Comes and goes as `answers` does. The functions work on a `session.Session`.
"""

from .port import const, log

# Of `property`
_OWN = const(1)
_SENT = const(2)


def command(session, command: list, now: int):
    """Take a ThingUpdate or a ThingDetach, as `messages.decode` returns it."""
    if command[0] == "ThingUpdate":
        _attach(session, command[1], False, now)
    elif command[1] == session.thing_id:
        _detach(session, now)
    else:
        session.drop("a ThingDetach for another thing")


def internal(session, name: str, value, now: int):
    """Take the record `thing_id` of the older discovery."""
    if isinstance(value, str) and len(value) <= 36:
        _attach(session, value, True, now)
    else:
        session.drop("the %s %s" % (name, ("%r" % value)[:50]))


def _attach(session, thing_id, legacy, now):
    # The cloud said which thing this device belongs to, "" for none.
    if session.topic is not None:
        if thing_id == session.thing_id:
            return
        _detach(session, now)
    if thing_id:
        _forget(session.properties, session.thing_id not in (None, thing_id))
        session.unlinked = False
        session.thing_id = thing_id
        session.legacy = legacy
        _subscribe(session, "/a/t/" + thing_id)
        session.enter("RequestLastValues", now)
        session.on_event("connect")
    elif not session.unlinked:
        session.unlinked = True
        log(30, "The device is not attached to a thing. Attach it in the cloud; waiting.")


def _forget(properties, other):
    # This connection has told nothing yet; another thing has never seen the values at all.
    for p in properties.values():
        p.standing &= _OWN if other else _OWN | _SENT
        if other:
            if p.initialized:
                p.standing |= _OWN
            if p.policy:
                p.policy.anew()
            elif p.initialized:
                p.owe()


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
