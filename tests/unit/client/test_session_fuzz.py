"""Arbitrary and slightly wrong messages on every topic: the session never raises, and keeps working."""

from arduino_iot_cloud.cbor_item import Tag, dumps
from arduino_iot_cloud.port import MICROPYTHON
from arduino_iot_cloud.property.composites import ColoredLight, Location
from reports import Reports
from seeded import Seeded
from session_rig import (
    COMMAND_DOWN,
    DEVICE_IN,
    LAST_VALUES_UPDATE,
    OTHER,
    SHADOW_IN,
    THING,
    THING_DETACH,
    THING_IN,
    THING_UPDATE,
    TIMEZONE_DOWN,
    Rig,
    pack,
    variable,
    written,
)

RUNS = 300 if MICROPYTHON else 1500
TOPICS = (COMMAND_DOWN, DEVICE_IN, THING_IN, SHADOW_IN)
NAMES = ("i", "f", "b", "t", "e", "lamp:swi", "lamp:hue", "lamp", "here:lat", "here:lon", "i:x", "tz_offset", "nobody")
VALUES = (0, 1, -1, 7, 2**40, 2**64 - 1, -(2**64), 0.0, 1.0, 0.1, float("inf"), float("nan"))
VALUES += (True, False, "", "text", "x" * 300)
COMMANDS = (
    dumps(Tag(THING_UPDATE, [THING])),
    dumps(Tag(THING_UPDATE, [OTHER])),
    dumps(Tag(THING_UPDATE, [""])),
    dumps(Tag(THING_DETACH, [THING])),
    dumps(Tag(TIMEZONE_DOWN, [3600, 1900000000])),
    dumps(Tag(LAST_VALUES_UPDATE, [pack(("i", 7), ("here:lat", 1.5))])),
    dumps(Tag(0x010100, [b"i" * 16, "https://example.org/f", b"a" * 32, b"b" * 32])),
)


def steady():
    """A session with variables of every kind."""
    return Rig(
        variable("i", 1),
        variable("f", 1.5),
        variable("b", True),
        variable("t", "text"),
        variable("e"),
        ColoredLight("lamp", swi=True, hue=1.0, sat=2.0, bri=3.0, on_write=written),
        Location("here"),
    ).sync()


def some_pack(random):
    return pack(*[(random.choice(NAMES), random.choice(VALUES)) for _ in range(random.below(6))])


def check(rig):
    """Insist that it still has its types, and can publish and receive values."""
    assert type(rig["i"]) is int and type(rig["f"]) is float and type(rig["b"]) is bool and type(rig["t"]) is str
    assert type(rig["lamp"]["swi"]) is bool and type(rig["lamp"]["hue"]) is float
    while rig.payload():
        pass
    rig.sync()
    rig.write(("i", 4321))
    assert rig["i"] == 4321 and rig.session.ready


def test_random_bytes():
    random = Seeded(1)
    rig = steady()
    with Reports():
        for _ in range(RUNS):
            rig.tell(random.choice(TOPICS), random.bytes(random.below(40)))
            rig.poll()
        check(rig)


def test_well_formed_packs_with_any_values():
    random = Seeded(2)
    rig = steady()
    with Reports():
        for _ in range(RUNS):
            payload = some_pack(random)
            rig.tell(random.choice(TOPICS[1:]), payload)
            rig.tell(COMMAND_DOWN, dumps(Tag(LAST_VALUES_UPDATE, [payload])))
            rig.poll()
            rig.payload()
        check(rig)


def test_packs_with_mistakes():
    random = Seeded(3)
    rig = steady()
    with Reports():
        for _ in range(RUNS):
            rig.tell(random.choice(TOPICS[1:]), random.mutated(some_pack(random)))
            rig.poll()
        check(rig)


def test_commands_with_mistakes_at_any_time():
    random = Seeded(4)
    rig = steady()
    with Reports():
        for _ in range(RUNS):
            payload = random.choice(COMMANDS)
            rig.tell(COMMAND_DOWN, random.mutated(payload) if random.below(2) else payload)
            rig.wait(random.below(100000))
            rig.poll()
            if random.below(20) == 0:
                rig.session.end()
                rig.connect()
        check(rig)
