"""Messages from the cloud that attach a device to a thing, or detach it.

The functions work on a `session.Session`.

Temporary: imported and unloaded like `answers`.
"""

from ..port import const, log

# Bits of `property`
_OWN = const(1)
_SENT = const(2)


def command(session, command: list, now: int):
    """Take a ThingUpdate or a ThingDetach, as `commands.decode` returns it."""
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
    """Attach the device to the thing that the cloud named, "" for none."""
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
    """Note that this connection has not exchanged these values yet; `whole`: another thing has never had them."""
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
    """Detach the device from its thing."""
    if session.topic is not None:
        session.out.append(("unsubscribe", [session.data_in, "/a/t/%s/shadow/i" % session.thing_id], None))
        session.topic = None
        session.data_in = b""
        session.enter("SendCapabilities", now)
        session.on_event("disconnect")
