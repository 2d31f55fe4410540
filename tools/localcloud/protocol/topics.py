"""MQTT topics of devices and things, and which of them a device may use."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """The parts of a topic: `/a/d/{id}/c/up` has kind "d" and channel "c/up"."""

    kind: str
    id: str
    channel: str


COMMANDS_UP, COMMANDS_DOWN = "c/up", "c/dw"
EVENTS_OUT, EVENTS_IN = "e/o", "e/i"
SHADOW_OUT, SHADOW_IN = "shadow/o", "shadow/i"

_PUBLISH: dict[str, tuple[str, ...]] = {"d": (COMMANDS_UP, EVENTS_OUT), "t": (EVENTS_OUT, SHADOW_OUT)}
_SUBSCRIBE: dict[str, tuple[str, ...]] = {"d": (COMMANDS_DOWN, EVENTS_IN), "t": (EVENTS_IN, SHADOW_IN)}


def device(device_id: str, channel: str) -> str:
    """Return the topic of a device's channel."""
    return "/a/d/%s/%s" % (device_id, channel)


def thing(thing_id: str, channel: str) -> str:
    """Return the topic of a thing's channel."""
    return "/a/t/%s/%s" % (thing_id, channel)


def parse(topic: str) -> Topic | None:
    """Split a topic into its parts. Return None for wildcards and for anything that is not our topic."""
    parts = topic.split("/", 4)
    if len(parts) != 5 or parts[0] or parts[1] != "a" or parts[2] not in ("d", "t"):
        return None
    if not parts[3] or "+" in topic or "#" in topic:
        return None
    return Topic(parts[2], parts[3], parts[4])


def thing_of(topic: str, channel: str) -> str | None:
    """Return the id of the thing whose channel this is, or None for any other topic."""
    parsed = parse(topic)
    return parsed.id if parsed is not None and (parsed.kind, parsed.channel) == ("t", channel) else None


def may_publish(topic: str, device_id: str, thing_id: str | None) -> bool:
    """Return whether the device, attached to this thing or to none, may publish on the topic."""
    return _owned(topic, device_id, thing_id, _PUBLISH)


def may_subscribe(topic: str, device_id: str, thing_id: str | None) -> bool:
    """Return whether the device, attached to this thing or to none, may subscribe to the topic."""
    return _owned(topic, device_id, thing_id, _SUBSCRIBE)


def _owned(topic: str, device_id: str, thing_id: str | None, channels: dict[str, tuple[str, ...]]) -> bool:
    parsed = parse(topic)
    if parsed is None or parsed.channel not in channels[parsed.kind]:
        return False
    return parsed.id == (device_id if parsed.kind == "d" else thing_id)
