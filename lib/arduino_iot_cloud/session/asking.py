"""A device's questions to the cloud until values flow: for its thing, then for the last values.

Commands, waits and counts are those of the ArduinoIoTCloud C++ library 2.9. The older discovery of
the official Python client is used as well. The functions work on a `session.Session`. Its attribute
`announce`, if it has one, holds the further commands of a device's greeting: see `announcing`. The
cloud's answers are in `answers` and `attaching`.

Temporary: the session imports it for a question, and the driver unloads it once values flow.
"""

from .. import __version__
from ..port import const, ticks_add
from ..senml import label

_RETRY_MS = const(2000)  # doubled before each wait for a thing
_RETRY_MAX_MS = const(32000)
_UNLINKED_MS = const(20000)  # the same if the cloud knows the device, but no thing for it
_UNLINKED_MAX_MS = const(1280000)
_LAST_VALUES_MS = const(30000)
_HOLD_MS = const(3000)  # for this long the device's values wait for the last values
_LIMIT = const(11)  # how often one question is asked

_DEVICE_BEGIN = const(b"\xda\x00\x01\x07\x00")
_THING_BEGIN = const(b"\xda\x00\x01\x03\x00")
_LAST_VALUES_BEGIN = const(b"\xda\x00\x01\x05\x00")


def poll(session, now: int):
    """Ask the question that is due."""
    session.wake = None
    thing = session.state == "SendCapabilities"
    if not thing and session.count and not session.ready:
        session.ready = True  # the cloud is silent: do not hold the values any longer
        wait = _LAST_VALUES_MS - _HOLD_MS
    else:
        count = session.count = session.count + 1
        if count > _LIMIT and not (thing and session.unlinked):
            session.out.append(("reset", None, None))
            return
        if not thing:
            values(session, count > 1)
            wait = _LAST_VALUES_MS if session.ready else _HOLD_MS
        else:
            thing_id(session)
            if session.unlinked:
                wait = min(_UNLINKED_MS << min(count, 6), _UNLINKED_MAX_MS)
            else:
                wait = min(_RETRY_MS << count, _RETRY_MAX_MS)
    session.wake = ticks_add(now, wait)


# The commands are assembled here as `commands.encode` would make them, with their tags, since its table is large for a
# board. A test compares them.


def thing_id(session):
    """Send the greeting, then ask for the thing."""
    topics = []
    if session.discovery != "legacy":
        topics.append("/a/d/%s/c/dw" % session.device_id)
    if session.discovery != "command":
        topics.append("/a/d/%s/e/i" % session.device_id)
    session.out.append(("subscribe", topics, None))
    send(session, _DEVICE_BEGIN + b"\x81" + label(__version__)[1:])
    for command in getattr(session, "announce", ()):
        send(session, command)
    if session.discovery != "legacy":
        send(session, _THING_BEGIN + b"\x81\x60")


def send(session, command: bytes):
    """Send a command."""
    session.out.append(("publish", "/a/d/%s/c/up" % session.device_id, command))


def values(session, again: bool):
    """Ask for the last values, the same way that the thing was found; if `again`, both ways if `discovery` allows."""
    again = again and session.discovery == "both"
    if session.legacy or again:
        session.out.append(("publish", "/a/t/%s/shadow/o" % session.thing_id, b"\x81\xa2\x00cr:m\x03mgetLastValues"))
    if not session.legacy or again:
        send(session, _LAST_VALUES_BEGIN + b"\x80")
