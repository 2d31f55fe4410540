"""Values from the cloud: who receives them, who is notified, and what is left alone."""

import gc
from collections import OrderedDict

from arduino_iot_cloud.cbor_item import dumps
from arduino_iot_cloud.port import forget
from arduino_iot_cloud.property.composites import ColoredLight, Composite, DimmedLight, Location, Television
from arduino_iot_cloud.property.schedule import Schedule
from reports import Reports
from session_rig import DEVICE_IN, SHADOW_IN, THING_IN, Rig, pack, record, variable, written


def synced(*properties):
    """A session in its steady state, with nothing left to publish."""
    rig = Rig(*properties).sync()
    rig.drain()
    return rig


def test_a_writable_variable_takes_the_clouds_value_and_publishes_nothing():
    rig = synced(variable("a", 1))
    rig.write(("a", 5))
    assert rig["a"] == 5 and rig.wrote == ["a"] and rig.published() == []


def test_a_large_pack_leaves_nothing_in_memory():
    if not hasattr(gc, "mem_alloc"):
        return  # CPython does not measure it
    rig = synced(variable("a", "text"))
    records = pack(*[("a", "a text of some length %d" % i) for i in range(200)])
    used = []
    for payload in (pack(("a", "some")), pack(("a", "other")), records, pack(("a", "some"))):
        rig.tell(THING_IN, payload)
        gc.collect()
        used.append(gc.mem_alloc())
    assert used[3] - used[1] < 2000, used  # the first message allocates what stays in any case


def test_a_write_is_told_even_without_a_difference():
    rig = synced(variable("a", 1))
    rig.write(("a", 1))
    assert rig["a"] == 1 and rig.wrote == ["a"]


def test_a_read_only_variable_ignores_the_cloud_once_it_has_a_value():
    rig = synced(variable("a", 1, False), variable("empty", None, False))
    rig.write(("a", 5), ("empty", 6))
    assert (rig["a"], rig["empty"]) == (1, 6) and rig.wrote == ["empty"]
    rig.write(("a", 7), ("empty", 8))
    assert (rig["a"], rig["empty"]) == (1, 6) and rig.session.dropped == 0


def test_unknown_variables_are_ignored():
    rig = synced(variable("a", 1))
    with Reports() as reports:
        rig.write(("b", 5), ("a", 6), ("a2", 7), ("", 8), ("b:c", 9))
    assert rig["a"] == 6 and rig.wrote == ["a"] and rig.session.dropped == 0
    assert all([level <= 20 for level in reports.levels])


def test_a_value_of_a_wrong_type_is_reported_and_the_others_live_on():
    rig = synced(variable("before", 1), variable("wrong", 1), variable("after", 1))
    for value in ("text", ""):
        with Reports() as reports:
            rig.write(("before", 5), ("wrong", value), ("after", 6))
        assert (rig["before"], rig["wrong"], rig["after"]) == (5, 1, 6)
        assert len(reports.texts) == 1 and reports.levels == [30]
        assert "'wrong'" in reports and "int" in reports and type(value).__name__ in reports
    assert rig.wrote == ["before", "after"] * 2 and rig.session.dropped == 2


def test_numbers_that_no_int_can_hold_are_reported():
    rig = synced(variable("a", 1))
    for value in (float("inf"), float("-inf"), float("nan")):
        with Reports() as reports:
            rig.write(("a", value))
        assert rig["a"] == 1 and len(reports.texts) == 1
    assert rig.session.dropped == 3 and rig.wrote == []


def test_numbers_beyond_64_bits_are_reported_for_an_int_and_stop_no_other_value():
    for value in (2.0**64, -(2.0**65), 1e20, 1e300, -1e300):
        rig = synced(variable("a", 1), variable("b", 1))
        rig["a"] = 2
        with Reports() as reports:
            rig.write(("a", value))
        assert rig["a"] == 2 and len(reports.texts) == 1 and rig.session.dropped == 1
        rig["b"] = 3
        assert rig.published() == [("a", 2), ("b", 3)]


def test_booleans_of_the_cloud_are_0_and_1_of_an_int_and_the_other_way_round():
    rig = synced(variable("led", 0), variable("pump", False), variable("light"), variable("level"))
    rig.write(("led", True), ("pump", 1), ("light", True), ("level", 3))
    assert (rig["led"], rig["pump"], rig["light"], rig["level"]) == (1, True, True, 3)
    assert type(rig["led"]) is int and type(rig["pump"]) is bool and type(rig["light"]) is bool
    rig.write(("led", False), ("pump", 0), ("light", 0), ("level", True))
    assert (rig["led"], rig["pump"], rig["light"], rig["level"]) == (0, False, False, 1)
    assert type(rig["led"]) is int and type(rig["light"]) is bool and type(rig["level"]) is int
    assert rig.session.dropped == 0


def test_a_number_that_the_cloud_gave_first_may_be_any_number_later():
    for first, second in ((21, 21.5), (21.5, 22), (0, 0.25)):
        rig = synced(variable("a"))
        rig.write(("a", first))
        rig.write(("a", second))
        assert rig["a"] == second and type(rig["a"]) is type(second)
        rig["a"] = 7.5
        rig["a"] = 8
        assert rig.published() == [("a", 8)] and rig.session.dropped == 0


def test_so_may_an_attribute_of_ones_own_variable_without_types():
    class Own(Composite):
        KEYS = ("x", "y")

    rig = synced(Own("own", on_write=written))
    rig.write(("own:x", 21), ("own:y", "text"))
    rig.write(("own:x", 21.5), ("own:y", "more"))
    own = rig.properties["own"]
    assert own.value == {"x": 21.5, "y": "more"} and rig.session.dropped == 0
    own.x = 3.5
    own.x = 4
    assert own.value == {"x": 4, "y": "more"} and type(own.x) is int
    own = Own("own", x=1, y=2)
    rig = synced(own)
    rig.properties["own"].on_write = written
    rig.write(("own:x", 5.75))
    assert own.x == 5


def test_floats_may_be_infinite_or_none():
    rig = synced(variable("a", 1.5))
    rig.write(("a", float("inf")))
    assert rig["a"] == float("inf")
    rig.write(("a", float("nan")))
    assert rig["a"] != rig["a"]
    assert rig.session.dropped == 0


def test_a_malformed_pack_has_no_effect_wherever_the_mistake_is():
    good = pack(("a", 5), ("b", 6), ("here:lat", 7.5), ("empty", 8))
    rig = synced(
        variable("a", 1), variable("b", 2), Location("here", lat=1.5, lon=2.5, on_write=written), variable("empty")
    )
    mistakes = [good[:end] for end in range(1, len(good))]
    mistakes += [good + b"\x00", good + b"\xff", b"\x85" + good[1:]]
    for last in (7, "x", None, {"n": 1}, {0: 1.5}, {0: "a", 2: "x"}, {0: "a", 4: 1}, {0: "a", 3: 1}, {6: "x"}):
        mistakes.append(b"\x85" + good[1:] + dumps(last))
    for count, payload in enumerate(mistakes):
        with Reports() as reports:
            rig.tell(THING_IN, payload)
        assert (rig["a"], rig["b"], rig["here"], rig["empty"]) == (1, 2, {"lat": 1.5, "lon": 2.5}, None), payload
        assert rig.wrote == [] and rig.session.dropped == count + 1 and len(reports.texts) == 1
    rig.tell(THING_IN, good)
    assert rig.wrote == ["a", "b", "here", "empty"]


def test_the_offset_of_the_mistake_is_reported():
    rig = synced(variable("a", 1))
    payload = pack(("a", 5)) + b"\x00"
    with Reports() as reports:
        rig.tell(THING_IN, payload)
    assert str(3 + len(payload) - 1) in reports  # the payload begins at byte 3


def test_variables_are_told_in_the_order_of_arrival():
    rig = synced(variable("a", 1), variable("b", 1), variable("c", 1))
    rig.write(("c", 5), ("a", 6), ("b", 7))
    assert rig.wrote == ["c", "a", "b"]


def test_all_values_are_there_before_the_first_is_told():
    rig = synced(variable("a", 1), variable("b", 1))
    seen = []
    rig.session.on_value = lambda p: seen.append((p.name, rig["a"]))
    rig.write(("a", 5), ("b", 6))
    assert seen == [("a", 5), ("b", 5)]


def test_the_last_of_several_values_stays():
    rig = synced(variable("a", 1))
    rig.write(("a", 5), ("a", 6), ("a", 7))
    assert rig["a"] == 7 and rig.wrote == ["a"]


def test_adjacent_attributes_are_one_write():
    rig = synced(ColoredLight("lamp", swi=False, hue=1.0, sat=2.0, bri=3.0, on_write=written), variable("a", 1))
    rig.write(("lamp:swi", True), ("lamp:hue", 5), ("lamp:sat", 6.5), ("lamp:bri", 7), ("a", 2))
    assert rig["lamp"] == {"swi": True, "hue": 5.0, "sat": 6.5, "bri": 7.0}
    assert rig.wrote == ["lamp", "a"]


def test_attributes_that_are_not_adjacent_are_two_writes():
    rig = synced(DimmedLight("lamp", swi=False, bri=3.0, on_write=written), variable("a", 1))
    rig.write(("lamp:swi", True), ("a", 2), ("lamp:bri", 7))
    assert rig["lamp"] == {"swi": True, "bri": 7.0}
    assert rig.wrote == ["lamp", "a", "lamp"]


def test_some_attributes_leave_the_others():
    rig = synced(Television("tv", swi=True, vol=1, mut=False, pbc=2, inp=3, cha=4, on_write=written))
    rig.write(("tv:vol", 50), ("tv:mut", 1))
    assert rig["tv"] == {"swi": True, "vol": 50, "mut": True, "pbc": 2, "inp": 3, "cha": 4}
    assert rig.wrote == ["tv"] and rig.published() == []


def test_attributes_fill_an_empty_variable_in_several_packs():
    rig = synced(Schedule("s"))
    rig.write(("s:frm", 1), ("s:to", 2))
    assert not rig.properties["s"].initialized
    rig.write(("s:len", 3), ("s:msk", 4))
    assert rig["s"] == {"frm": 1, "to": 2, "len": 3, "msk": 4}
    rig.write(("s:len", 9))
    assert rig["s"]["len"] == 3  # read-only, and complete now


def test_attributes_that_a_variable_does_not_have_are_reported():
    rig = synced(Location("here", lat=1.5, lon=2.5, on_write=written), variable("a", 1))
    for name in ("here:hue", "here", "here:", "here:lat:x", "a:lat"):
        before = rig.session.dropped
        with Reports() as reports:
            rig.write((name, 5.5), ("here:lat", 7.5))
        assert rig["here"] == {"lat": 7.5, "lon": 2.5} and rig["a"] == 1
        assert rig.session.dropped == before + 1 and len(reports.texts) == 1, name


def test_one_wrong_attribute_does_not_stop_the_others():
    rig = synced(ColoredLight("lamp", swi=False, hue=1.0, sat=2.0, bri=3.0, on_write=written))
    with Reports() as reports:
        rig.write(("lamp:swi", "on"), ("lamp:hue", 5.0), ("lamp:sat", True), ("lamp:bri", 6.0))
    assert rig["lamp"] == {"swi": False, "hue": 5.0, "sat": 2.0, "bri": 6.0}
    assert rig.wrote == ["lamp"] and rig.session.dropped == len(reports.texts) == 2


def test_the_first_value_of_a_pack_fixes_the_type_too():
    rig = synced(variable("empty"))
    with Reports():
        rig.write(("empty", 5), ("empty", "text"))
    assert rig["empty"] == 5


def test_a_base_name_changes_no_name():
    rig = synced(variable("a", 1))
    fields = OrderedDict(((-2, "base"), (0, "a"), (2, 5)))
    rig.tell(THING_IN, dumps([fields, record("a", 6)]))
    assert rig["a"] == 6


def test_records_without_a_name_or_a_value_are_skipped():
    rig = synced(variable("a", 1))
    rig.tell(THING_IN, dumps([{2: 5}, {0: "a"}, {}, {0: 7, 2: 5}]))
    assert rig["a"] == 1 and rig.wrote == [] and rig.session.dropped == 0


def test_unknown_topics_are_reported():
    rig = synced(variable("a", 1))
    for topic in ("", "x", "/a/t//e/i", THING_IN + "/", THING_IN[:-1], "/a/t/x/e/i", THING_IN.upper()):
        before = rig.session.dropped
        with Reports() as reports:
            rig.tell(topic, pack(("a", 5)))
        assert rig.session.dropped == before + 1 and len(reports.texts) == 1
    assert rig["a"] == 1


def test_topics_may_be_any_bytes_like():
    rig = synced(variable("a", 1))
    payload = pack(("a", 5))
    for kind in (bytes, bytearray, memoryview):
        rig.wrote.clear()
        rig.session.message(kind(THING_IN.encode()), payload, 0, len(payload), rig.now)
        assert rig.wrote == ["a"]
        rig.session.message(kind(SHADOW_IN.encode()), payload, 0, len(payload), rig.now)
        rig.session.message(kind(DEVICE_IN.encode()), payload, 0, len(payload), rig.now)
    assert rig.session.dropped == 0


def test_writes_before_the_last_values_are_taken():
    rig = Rig(variable("a", 1)).attach()
    rig.write(("a", 5))
    assert rig["a"] == 5 and rig.wrote == ["a"]


def test_a_callback_may_set_the_variable_and_others():
    rig = synced(variable("a", 1), variable("b", 1))

    def on_value(p):
        rig["a"] = 8
        rig["b"] = 9

    rig.session.on_value = on_value
    rig.write(("a", 5))
    assert (rig["a"], rig["b"]) == (8, 9)
    assert rig.published() == [("a", 8), ("b", 9)]


def test_a_pack_keeps_no_value_from_the_one_before():
    rig = synced(variable("a", 1), variable("b", 1), variable("c", 1))
    rig.write(("a", 5), ("b", 6), ("c", 7))
    rig.wrote.clear()
    rig.write(("b", 9))
    assert (rig["a"], rig["b"], rig["c"]) == (5, 9, 7) and rig.wrote == ["b"]


def test_a_text_of_any_kind():
    rig = synced(variable("a", ""))
    for text in ("", "\u00fc\u20ac\U0001f600", "\0", "x" * 700, "a:b"):
        rig.write(("a", text))
        assert rig["a"] == text


def test_a_module_is_not_let_go_of_while_a_callback_runs_inside_of_it():
    # Like a callback that has another client poll its own session.
    rig = Rig(variable("a", 1)).attach()
    seen = []

    def spare(what):
        seen.append(what)
        forget("answers", "pieces")

    rig.session.on_sync = lambda: spare("sync")
    rig.session.on_event = lambda name: spare(name)
    rig.session.on_value = lambda p: spare(p.name)
    payload = pack(*([("a", 2), ("b", "x" * 100), ("thing_id", "")] * 3))
    rig.tell(SHADOW_IN, pack(("a", 2)))
    rig.session.piece(DEVICE_IN.encode(), memoryview(payload), 0, len(payload), 0, rig.now)
    rig.tell(DEVICE_IN, payload)
    rig.tell(THING_IN, payload)
    assert "sync" in seen and "disconnect" in seen


def test_a_value_that_crosses_one_of_the_devices_is_sent_once_more():
    for p in (variable("a", 1), Location("a", lat=1.0, lon=2.0, on_write=written)):
        rig = synced(p)
        whole = isinstance(p.value, dict)
        p.value = {"lat": 5.0} if whole else 5
        rig.published(acknowledged=False)
        for value in (8, 9):  # the cloud may or may not have received 5
            rig.write(("a:lat" if whole else "a", value))
        assert rig.wrote == ["a", "a"]
        rig.session.acknowledged()
        assert rig.published()[0][1] == 9 and rig.published() == []
        rig.write(("a:lat" if whole else "a", 10))  # nothing is under way
        assert rig.published() == []


def test_a_value_that_comes_while_another_waits_takes_its_place():
    rig = synced(variable("a", 1))
    rig["a"] = 5
    rig.write(("a", 9))
    assert rig["a"] == 9 and rig.published() == [("a", 9)] and rig.published() == []
