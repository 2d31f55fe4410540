"""Both sides agree in the end: values that cross, links that break at any moment, last values that come late."""

from arduino_iot_cloud.port import MICROPYTHON
from arduino_iot_cloud.property import ArduinoCloudObject
from arduino_iot_cloud.property.composites import Composite, Location
from reports import Reports
from seeded import Seeded
from session_rig import OTHER, THING
from values_world import World, named

SEEDS = 6 if MICROPYTHON else 24
STEPS = 150


class Pair(Composite):
    KEYS = ("on", "level")
    TYPES = "bf"


def fresh(p, value, time):
    return p.value is None or value != p.value


OPTIONS = (
    {},
    {"sync": "cloud"},
    {"sync": "device"},
    {"sync": "recent"},
    {"sync": lambda p, value, time: True},
    {"sync": lambda p, value, time: False},
    {"timestamp": True},
    {"permission": "readwrite", "sync": "cloud"},
    {"publish": "change"},
    {"publish": "change", "sync": "cloud"},
    {"publish": "change", "sync": "device", "min_interval": 3},
    {"publish": "change", "sync": "recent"},
    {"publish": 5},
    {"publish": 5, "sync": "cloud"},
    {"publish": "demand"},
    {"publish": "demand", "sync": "cloud"},
    {"history": 400},
    {"history": 400, "sync": "cloud"},
    {"history": 400, "sync": "recent"},
    {"history": 400, "publish": "change", "sync": "cloud"},
    {"history": 400, "publish": "change"},
)


def make(random, options):
    """A variable with a value or without one."""
    kind = random.choice((ArduinoCloudObject, ArduinoCloudObject, Pair, Location))
    if not random.below(3):
        return named(kind, "v", **options)
    if kind is ArduinoCloudObject:
        return named(kind, "v", value=0, **options)
    if kind is Location:
        return named(kind, "v", lat=0.0, lon=0.0, **options)
    return named(kind, "v", on=False, level=0.0, **options)


def pairs(random, p, n, partly=True):
    """What one side writes: a value, or one or both of the attributes."""
    if not isinstance(p.value, dict):
        return [(p.name, n)]
    values = [(key, (n % 3 > 0) if key == "on" else float(n)) for key in p.KEYS]
    if partly and random.below(3) == 0:
        values = [random.choice(values)]
    return [(p.name + ":" + key, value) for key, value in values]


def set_value(world, p, written):
    if isinstance(p.value, dict):
        p.value = {name.split(":")[1]: value for name, value in written}
    else:
        p.value = written[0][1]
    if p.policy:
        world.client.push(p.name)


def happen(world, random, n, moves, partly=True):
    """Let one thing happen, most often in the network. If last values can be overtaken, or if `partly` is false, the
    dashboard writes all attributes together, as Arduino's does."""
    p = random.choice(list(world.properties.values()))
    move = random.choice(moves)
    if move == "set":
        set_value(world, p, pairs(random, p, n))
    elif move == "write":
        world.cloud.write(pairs(random, p, n, partly and not world.cloud.slow))
    elif move == "lose":
        if world.linked:
            world.lose()
        else:
            world.connect()
    elif move == "attach":
        world.cloud.attach(random.choice((THING, OTHER, "")))
    elif move == "look":
        world.look()
    elif move == "arrive":
        world.arrive()
    elif move == "answer":
        world.answer()
    elif move == "receive":
        world.receive()
    else:
        world.wait(random.choice((1, 100, 600, 1100, 3100)))


MOVES = ("set", "write", "lose", "answer") + ("look", "arrive", "receive") * 4 + ("wait",) * 2
MOVING = MOVES * 4 + ("attach",)
CALM = ("set", "write", "answer") + ("look", "arrive", "receive") * 3 + ("wait",)


def agree(world, what):
    for p in world.properties.values():
        there = world.cloud_has(p)
        assert not p.initialized or p.value == there, "%s: %r here, %r in the cloud" % (what, p.value, there)


def one_world(place, seed, steps=STEPS):
    """A variable with one of OPTIONS, and what becomes of it."""
    random = Seeded(seed * 100 + place)
    world = World(make(random, OPTIONS[place]))
    moves = (MOVES, CALM, MOVING)[seed % 3]
    world.connect()
    for n in range(1, steps):
        happen(world, random, n % 4 if seed & 1 else n, moves, steps == STEPS)  # values that differ, or repeat
    packets = world.quiet()
    what = "option %d, seed %d" % (place, seed)
    agree(world, what)
    if type(OPTIONS[place].get("publish")) is not int:
        assert packets <= 4, (what, packets)  # the waiting values and an echo: no ping-pong
        assert world.quiet(20) == 0, what


def test_with_every_option_in_every_world():
    with Reports():
        for place in range(len(OPTIONS)):
            for seed in range(SEEDS):
                one_world(place, seed)


def test_soon_after_the_start_when_nothing_later_heals_it():
    with Reports():
        for place in range(len(OPTIONS)):
            for seed in range(2 if MICROPYTHON else 40):
                one_world(place, seed, 8 + seed % 12)


def test_with_all_of_them_in_one_packet():
    with Reports():
        for seed in range(SEEDS * 2):
            random = Seeded(seed)
            world = World(*[named(ArduinoCloudObject, "v%d" % i, value=0, **OPTIONS[i]) for i in range(len(OPTIONS))])
            world.connect()
            for n in range(1, 4 * STEPS):
                happen(world, random, n, MOVING)
            world.quiet()
            agree(world, "seed %d" % seed)
