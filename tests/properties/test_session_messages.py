"""Any messages in any order: the session never raises and never loses a value of its own."""

import cbor2
from arduino_iot_cloud.property.composites import ColoredLight
from hypothesis import given, settings, strategies as st
from reports import Reports
from session_rig import COMMAND_DOWN, DEVICE_IN, OTHER, SHADOW_IN, THING, THING_IN, Rig, variable, written

names = st.sampled_from(
    ("i", "f", "b", "t", "e", "lamp:swi", "lamp:hue", "lamp:bri", "lamp", "i:x", "tz_offset", "other")
)
numbers = st.one_of(st.integers(-(2**64), 2**64 - 1), st.floats(), st.sampled_from((0, 1, 0.0, 1.0)))
records = st.one_of(
    st.builds(lambda name, value: {0: name, 2: value}, names, numbers),
    st.builds(lambda name, value: {0: name, 3: value}, names, st.text(max_size=20)),
    st.builds(lambda name, value: {0: name, 4: value}, names, st.booleans()),
)
packs = st.lists(records, max_size=5).map(cbor2.dumps)
things = st.sampled_from((THING, OTHER, ""))
commands = st.one_of(
    st.builds(lambda tag, thing: cbor2.CBORTag(tag, [thing]), st.sampled_from((0x010400, 0x011000)), things),
    st.builds(lambda pack: cbor2.CBORTag(0x010600, [pack]), packs),
    st.builds(lambda: cbor2.CBORTag(0x010900, [3600, 1900000000])),
).map(cbor2.dumps)
events = st.one_of(
    st.tuples(st.just("tell"), st.sampled_from((THING_IN, SHADOW_IN, DEVICE_IN)), packs),
    st.tuples(st.just("tell"), st.just(COMMAND_DOWN), commands),
    st.tuples(st.just("tell"), st.sampled_from((THING_IN, SHADOW_IN, DEVICE_IN, COMMAND_DOWN)), st.binary(max_size=30)),
    st.tuples(st.just("wait"), st.integers(0, 100000), st.none()),
    st.tuples(st.just("reconnect"), st.none(), st.none()),
    st.tuples(st.just("set"), st.none(), st.integers(0, 1000)),
    st.tuples(st.just("publish"), st.none(), st.none()),
)


@settings(max_examples=200)
@given(st.lists(events, max_size=15), st.sampled_from(("both", "command", "legacy")))
def test_after_any_history_the_session_works(history, discovery):
    rig = Rig(
        variable("i", 1),
        variable("f", 1.5),
        variable("b", True),
        variable("t", "text"),
        variable("e"),
        variable("own", 0, False),
        ColoredLight("lamp", swi=True, hue=1.0, sat=2.0, bri=3.0, on_write=written),
        discovery=discovery,
    )
    published = None
    own = 0
    with Reports():
        rig.connect()
        for what, where, value in history:
            if what == "tell":
                rig.tell(where, value)
            elif what == "wait":
                rig.wait(where)
            elif what == "reconnect":
                rig.session.end()
                rig.connect()
            elif what == "set":
                rig["own"] = own = value
                published = None
            elif rig.session.ready:
                published = dict(rig.published()).get("own", published)
            rig.poll()
        for name, kind in (("i", int), ("f", float), ("b", bool), ("t", str), ("own", int)):
            assert type(rig[name]) is kind
        assert rig["own"] == own
        if rig.session.state == "Disconnect":
            rig.session.end()
        rig.sync()
        assert rig.session.thing_id == THING and rig.session.ready
        published = dict(rig.published()).get("own", published)
        assert published == own
        rig.write(("i", 4321))
        assert rig["i"] == 4321
