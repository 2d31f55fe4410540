"""Packets of values: what goes in, in what order, and what waits for the next packet."""

from arduino_iot_cloud.cbor import Writer
from arduino_iot_cloud.cbor_item import loads
from arduino_iot_cloud.property.composites import DimmedLight, Location
from reports import Reports
from session_rig import Rig, variable


def sizes(*properties):
    """The size of a packet with all of these."""
    return len(Rig(*properties).payload())


def test_nothing_is_due_without_changes():
    assert Rig().payload() == b""
    assert Rig(variable("a"), Location("here")).payload() == b""
    rig = Rig(variable("a", 1))
    assert rig.published() == [("a", 1)]
    assert rig.payload() == b""


def test_what_has_changed_goes_in_the_order_of_registration():
    rig = Rig(variable("c", 1), variable("a", 2), variable("b", 3), variable("empty"), variable("d", 4))
    assert rig.published() == [("c", 1), ("a", 2), ("b", 3), ("d", 4)]
    rig["b"] = 5
    rig["c"] = 6
    assert rig.published() == [("c", 6), ("b", 5)]
    assert rig.published() == []


def test_of_several_changes_the_last_goes():
    rig = Rig(variable("a", 1))
    for value in range(50):
        rig["a"] = value
    assert rig.published() == [("a", 49)] and rig.published() == []


def test_a_change_while_the_packet_is_under_way_goes_with_the_next():
    rig = Rig(variable("a", 1), variable("b", 2))
    assert rig.published(acknowledged=False) == [("a", 1), ("b", 2)]
    rig["a"] = 5
    rig.session.acknowledged()
    assert rig.published() == [("a", 5)]
    assert rig.published() == []


def test_a_value_taken_away_is_not_sent():
    rig = Rig(variable("a", 1), variable("b", 2))
    rig["a"] = None
    assert rig.published() == [("b", 2)]
    assert rig.published() == []


def test_packets_are_indefinite_arrays_that_end_in_the_buffer():
    rig = Rig(variable("a", 1))
    writer = Writer(bytearray(b"\xee" * 50), 20)
    assert rig.session.fill(writer) is True
    assert bytes(writer.buf[:20]) == b"\xee" * 20
    assert loads(bytes(writer.buf[20 : writer.pos])) == [{0: "a", 2: 1}]
    assert writer.buf[20] == 0x9F and writer.buf[writer.pos - 1] == 0xFF


def test_at_every_size_of_the_buffer_everything_arrives_once_and_in_order():
    def made():
        return [variable("v%d" % i, i * 1000) for i in range(6)] + [
            Location("here", lat=1.5, lon=2.5), variable("t", "text")
        ]

    whole = Rig(*made()).published()
    largest = 1 + max([sizes(p) for p in made()])
    for size in range(largest, sizes(*made()) + 2):
        rig = Rig(*made())
        got = []
        packets = 0
        while True:
            part = rig.published(size)
            if not part:
                break
            got += part
            packets += 1
        assert got == whole, size
        assert rig.session.dropped == 0
        assert (packets == 1) is (size >= sizes(*made())), size


def test_a_packet_that_fits_exactly():
    for n in (1, 2, 3):
        properties = [variable("v%d" % i, i) for i in range(n)]
        size = sizes(*properties)
        for p in properties:
            p.changed = 1
        assert len(Rig(*properties).payload(size)) == size
        for p in properties:
            p.changed = 1
        rig = Rig(*properties)
        with Reports():
            assert len(rig.published(size - 1)) == n - 1
        if n > 1:
            assert rig.published(size - 1) == [("v%d" % (n - 1), n - 1)]


def test_attributes_are_never_divided():
    rig = Rig(variable("a", 1), Location("here", lat=1.5, lon=2.5), variable("b", 2))
    size = sizes(variable("a", 1), Location("here", lat=1.5, lon=2.5))
    assert rig.published(size - 1) == [("a", 1)]
    assert rig.published(size - 1) == [("here:lat", 1.5), ("here:lon", 2.5)]
    assert rig.published(size - 1) == [("b", 2)]


def test_what_found_no_room_is_first_the_next_time():
    rig = Rig(*[variable("v%d" % i, 1000) for i in range(6)])
    size = sizes(*[variable("v%d" % i, 1000) for i in range(2)])
    order = []
    for _ in range(12):
        part = [name for name, _ in rig.published(size)]
        order += part
        for name in part:
            rig[name] = 2000  # changed again at once
    assert order[:6] == ["v0", "v1", "v2", "v3", "v4", "v5"]
    for i in range(6):
        turns = [place for place in range(len(order)) if order[place] == "v%d" % i]
        assert len(turns) >= 3, order  # nobody starves


def test_a_busy_variable_does_not_starve_a_large_one():
    rig = Rig(variable("busy", 1), variable("large", "x" * 60))
    for turn in range(3):
        rig["busy"] = turn
        names = [name for name, _ in rig.published(80)]
        if "large" in names:
            break
    else:
        raise AssertionError("'large' was never sent")


def test_a_value_too_long_is_reported_and_the_others_go():
    for place in range(3):
        properties = [variable("a", 1), variable("b", 2)]
        properties.insert(place, variable("long", "x" * 300))
        rig = Rig(*properties)
        sent = []
        with Reports() as reports:
            for _ in range(3):
                sent += rig.published(256)
        assert sent == [("a", 1), ("b", 2)], place
        assert len(reports.texts) == 1 and reports.levels == [30] and "'long'" in reports
        assert rig.session.dropped == 1
        rig["long"] = "short"
        assert rig.published(256) == [("long", "short")]


def test_several_values_too_long():
    rig = Rig(
        variable("l1", "x" * 300),
        variable("a", 1),
        variable("l2", "x" * 300),
        variable("l3", "x" * 300),
        variable("b", 2),
    )
    sent = []
    with Reports() as reports:
        for _ in range(6):
            sent += rig.published(256)
    assert sent == [("a", 1), ("b", 2)]
    assert len(reports.texts) == rig.session.dropped == 3


def test_attributes_too_long_together_are_reported():
    rig = Rig(DimmedLight("d" * 40, swi=True, bri=5.0), variable("a", 1))
    sent = []
    with Reports() as reports:
        for _ in range(3):
            sent += rig.published(90)
    assert sent == [("a", 1)] and len(reports.texts) == 1 and "d" * 40 in reports


def test_an_integer_beyond_64_bits_is_refused_and_stops_no_other_value():
    for number in (2**64, -(2**64) - 1, 2**100):
        rig = Rig(variable("a", 1), variable("big", 1), variable("b", 2))
        with Reports():
            try:
                rig["big"] = number
            except ValueError:
                pass
            names = [name for name, _ in rig.published()]
        assert "a" in names and "b" in names
        assert rig.session.dropped <= 1


def test_integers_of_64_bits_go():
    rig = Rig(variable("a", 2**64 - 1), variable("b", -(2**64)), variable("c", -(2**63)))
    assert rig.published() == [("a", 2**64 - 1), ("b", -(2**64)), ("c", -(2**63))]


def test_a_variable_registered_later_goes_too():
    rig = Rig(variable("a", 1))
    rig.drain()
    rig.properties["z"] = variable("z", 5)
    assert rig.published() == [("z", 5)]


def test_values_changed_while_offline_go_after_the_connection():
    rig = Rig(variable("a", 1), variable("b", 2)).sync()
    rig.drain()
    rig.session.end()
    rig["b"] = 3
    rig["b"] = 4
    rig.sync()
    assert rig.session.ready and rig.published() == [("b", 4)]
