"""The state of the cloud's conversation with one device, sans-IO.

The caller reports what happened (a subscription, a payload, an attachment) and carries out the
returned actions. Both ways of discovery are supported: records on `/a/d/{D}/e/i` (the Python and
JavaScript clients, the C++ library 1.x) and commands on `/a/d/{D}/c/up` (the C++ library 2.x).
"""

from dataclasses import dataclass, field
from typing import Any

from . import commands, senml, topics
from .cbor import MalformedPayload
from .lateness import Lateness, Place

# Hidden properties of every device. Only the cloud sets them: what a device sends is an echo, not a value.
TIME_ZONE_PROPERTIES = ("tz_offset", "tz_dst_until")


@dataclass(frozen=True)
class Send:
    """Publish the payload to the device."""

    topic: str
    payload: bytes


@dataclass(frozen=True)
class StoreValues:
    """Store property values that the device reported for its thing."""

    thing_id: str
    updates: list[senml.Update]
    places: list[Place] = field(default_factory=list, compare=False)
    """The place of each update in the order of its variable's values."""


@dataclass(frozen=True)
class Record:
    """Record what the device reported about itself."""

    name: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class AnswerLastValues:
    """Send the thing's last values in the form in which the device asked for them."""

    thing_id: str
    topic: str


@dataclass(frozen=True)
class AnswerTimeZone:
    """Send the thing's time zone, or UTC without a thing."""

    thing_id: str | None
    topic: str


Action = Send | StoreValues | Record | AnswerLastValues | AnswerTimeZone


class Conversation:
    """The protocol state of one device. `thing_id` is None while it belongs to no thing."""

    def __init__(self, device_id: str, thing_id: str | None, lateness: Lateness | None = None) -> None:
        """`lateness` is that of the device's present connection, if it has one."""
        self.device_id = device_id
        self.thing_id = thing_id
        self.lateness = Lateness(0.0) if lateness is None else lateness
        self.attachments = 0
        """The number of times that the device was attached or detached."""

    def subscribed(self, topic: str) -> list[Send]:
        """Announce the thing to a device that has just subscribed to its own event topic."""
        if topic == topics.device(self.device_id, topics.EVENTS_IN):
            return [self._thing_record()]
        return []

    def received(self, topic: str, payload: bytes, now: float, ticks: float = 0.0) -> list[Action]:
        """Take a payload from the device. Raises `MalformedPayload`.

        It was received at `now` (Unix seconds), or `ticks` seconds of a clock that only counts.
        """
        parsed = topics.parse(topic)
        if parsed is None:
            raise MalformedPayload("not a topic of ours")
        if parsed.kind == "d":
            if parsed.channel == topics.COMMANDS_UP:
                return self._command(commands.decode(payload), ticks)
            return self._device_events(senml.decode(payload, now))
        message = senml.decode(payload, now)
        if parsed.channel == topics.SHADOW_OUT:
            if not message.asks_last_values:
                return []
            self.lateness.asked(ticks)
            return [AnswerLastValues(parsed.id, topics.thing(parsed.id, topics.SHADOW_IN))]
        updates = [each for each in message.updates if each.name not in TIME_ZONE_PROPERTIES]
        if not updates:
            return []
        places = [self.lateness.place(each.name, each.stated, now, ticks) for each in updates]
        return [StoreValues(parsed.id, updates, places)]

    def attach(self, thing_id: str) -> list[Send]:
        """Attach the device to a thing, and return the messages that tell it."""
        self.thing_id = thing_id
        self.attachments += 1
        return [self._thing_command(), self._thing_record()]

    def detach(self) -> list[Send]:
        """Detach the device from its thing, and return the messages that tell it."""
        previous, self.thing_id = self.thing_id, None
        self.attachments += 1
        if previous is None:
            return []
        topic = topics.device(self.device_id, topics.COMMANDS_DOWN)
        return [Send(topic, commands.thing_detach(previous)), self._thing_record()]

    def _thing_command(self) -> Send:
        topic = topics.device(self.device_id, topics.COMMANDS_DOWN)
        return Send(topic, commands.thing_update(self.thing_id or ""))

    def _thing_record(self) -> Send:
        topic = topics.device(self.device_id, topics.EVENTS_IN)
        return Send(topic, senml.encode([senml.Update("thing_id", self.thing_id or "")]))

    def _command(self, command: commands.Command, ticks: float) -> list[Action]:
        answer_topic = topics.device(self.device_id, topics.COMMANDS_DOWN)
        match command.tag:
            case commands.THING_BEGIN:
                self.lateness.asked(ticks)
                return [self._thing_command()]
            case commands.LAST_VALUES_BEGIN:
                if self.thing_id is None:
                    return []
                self.lateness.asked(ticks)
                return [AnswerLastValues(self.thing_id, answer_topic)]
            case commands.TIMEZONE_UP:
                return [AnswerTimeZone(self.thing_id, answer_topic)]
            case (
                commands.DEVICE_BEGIN
                | commands.DEVICE_NET_CONFIG
                | commands.WIFI_FW_VERSION
                | commands.OTA_BEGIN
                | commands.OTA_PROGRESS
            ):
                return [Record(command.name, command.parameters)]
        raise MalformedPayload("%s is not for the cloud" % command.name)

    def _device_events(self, message: senml.Message) -> list[Action]:
        """Take the device's own properties, which the C++ library 1.x reports."""
        facts = {update.name: update.value for update in message.updates}
        if not facts:
            return []
        return [Record("DeviceEvents", facts)]
