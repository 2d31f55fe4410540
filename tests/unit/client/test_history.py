"""Samples that wait for the cloud."""

from arduino_iot_cloud.property import ArduinoCloudObject
from arduino_iot_cloud.property.composites import ColoredLight, Location
from policy_rig import UNIX, ClientRig
from portable_assert import raises
from reports import Reports
from seeded import Seeded
from session_rig import OTHER, THING


def variable(name="a", **arguments):
    arguments.setdefault("history", 5)
    return ArduinoCloudObject(name, **arguments)


def connected(*properties, **arguments):
    return ClientRig(*(properties or (variable(**arguments),))).sync()


def samples(rig, name="a"):
    """The waiting samples, as [value]."""
    return [value for value, _ in rig.properties[name].policy]


def everything(rig, size=1024):
    """[(name, value)] of everything that is due, packet by packet."""
    packets = []
    while True:
        packet = rig.exchange(size)
        if not packet:
            return packets
        packets.append(packet)


def flat(packets):
    return [value for packet in packets for _, value in packet]


def test_samples_go_in_order_with_their_times():
    rig = connected()
    rig.session.end()
    for i in range(4):
        rig.wait(10000)
        rig.client["a"] = i
    assert samples(rig) == [0, 1, 2, 3]
    rig.sync()
    base = UNIX + rig.ms // 1000
    records = rig.records()
    assert [one[2] for one in records] == [0, 1, 2, 3]
    assert [one[6] for one in records] == [base - 30, base - 20, base - 10, base]
    rig.session.acknowledged()
    assert samples(rig) == [] and rig.exchange() == []
    assert rig.properties["a"].changed == 0


def test_every_assignment_is_a_sample_even_of_the_same_value():
    rig = connected()
    for value in (1, 1, 2):
        rig.client["a"] = value
    assert everything(rig) == [[("a", 1), ("a", 1), ("a", 2)]]


def test_the_initial_value_is_a_sample():
    assert everything(connected(value=7)) == [[("a", 7)]]


def test_a_full_ring_drops_the_oldest_and_counts():
    for size in (1, 2, 5):
        rig = connected(history=size)
        for i in range(12):
            rig.client["a"] = i
        assert flat(everything(rig)) == list(range(12 - size, 12))
        assert rig.properties["a"].policy.lost == 12 - size


def test_the_ring_goes_round_many_times():
    rig = connected(history=7)
    value = 0
    received = []
    for n in (3, 7, 1, 5, 2, 7, 6, 4, 7, 7, 0, 3):
        for _ in range(n):
            rig.client["a"] = value
            value += 1
        received += flat(everything(rig))
    assert received == list(range(value)) and rig.properties["a"].policy.lost == 0


def test_samples_set_faster_than_the_acknowledgements_all_arrive():
    rig = connected(history=10)
    received = []
    value = 0
    for n in (1, 3, 5, 4, 2, 5, 5):
        for _ in range(n):  # while the last packet is under way
            rig.client["a"] = value
            value += 1
        rig.session.acknowledged()
        received += flat([rig.publish()])
    rig.session.acknowledged()
    received += flat(everything(rig))
    assert received == list(range(value))
    assert rig.properties["a"].policy.lost == 0


def test_a_sample_dropped_while_it_is_under_way_is_neither_lost_nor_sent_again():
    rig = connected(history=3)
    for i in range(3):
        rig.client["a"] = i
    assert flat([rig.publish()]) == [0, 1, 2]
    for i in (3, 4):
        rig.client["a"] = i
    policy = rig.properties["a"].policy
    assert samples(rig) == [2, 3, 4] and policy.lost == 0
    rig.session.acknowledged()
    assert samples(rig) == [3, 4]
    assert flat(everything(rig)) == [3, 4] and policy.lost == 0


def test_all_that_was_under_way_is_dropped_and_more():
    rig = connected(history=3)
    for i in range(3):
        rig.client["a"] = i
    rig.publish()
    for i in range(3, 10):
        rig.client["a"] = i
    rig.session.acknowledged()
    assert flat(everything(rig)) == [7, 8, 9]
    assert rig.properties["a"].policy.lost == 4  # 3 to 6


def test_packets_respect_their_size():
    for size in (20, 33, 47, 64, 100, 255):
        rig = connected(history=40)
        for i in range(40):
            rig.client["a"] = i
        packets = everything(rig, size)
        assert flat(packets) == list(range(40)), size
        assert rig.properties["a"].changed == 0


def test_a_composite_is_never_divided():
    rig = connected(ColoredLight("a", history=20))
    for i in range(12):
        rig.properties["a"].value = {"swi": True, "hue": i, "sat": 1.5, "bri": 2.5}
    packets = everything(rig, 150)
    assert all([len(packet) % 4 == 0 for packet in packets]) and len(packets) > 3
    assert [value for packet in packets for name, value in packet if name == "a:hue"] == list(range(12))


def test_a_composite_set_at_once_is_one_sample():
    rig = connected(Location("a", history=20))
    rig.client["a"].lat = 1.5
    assert samples(rig) == []
    rig.client["a"].lon = 2.5
    rig.client["a"].value = {"lat": 3.5, "lon": 4.5}
    rig.client["a"].lat = 5.5
    expected = [{"lat": 1.5, "lon": 2.5}, {"lat": 3.5, "lon": 4.5}, {"lat": 5.5, "lon": 4.5}]
    assert samples(rig) == expected


def test_several_histories_and_a_plain_variable_share_the_packets():
    rig = connected(variable("a", history=30), variable("b", history=30), ArduinoCloudObject("plain", value=0))
    for i in range(30):
        rig.client["a"] = i
        rig.client["b"] = 100 + i
    rig.client["plain"] = 7
    packets = everything(rig, 60)
    for name, expected in (("a", list(range(30))), ("b", list(range(100, 130))), ("plain", [7])):
        assert [value for packet in packets for one, value in packet if one == name] == expected
    places = {}
    for i, packet in enumerate(packets):
        for name, _ in packet:
            places.setdefault(name, []).append(i)
    assert places["plain"][0] < 3  # a live value does not wait for the rings
    assert max(places["a"][0], places["b"][0]) < 3  # nor does one ring for the other


def test_live_values_pass_a_long_ring():
    rig = connected(variable(history=200), ArduinoCloudObject("z", value=0))
    for i in range(200):
        rig.client["a"] = i
    for i in range(20):
        rig.client["z"] = i
        packets = [rig.exchange(60), rig.exchange(60)]
        assert ("z", i) in packets[0] + packets[1], i


def test_a_sample_that_fits_no_packet_is_reported_and_dropped():
    rig = connected(history=10)
    values = ["one", "x" * 60, "two", "y" * 60, "z" * 60, "three"]
    for value in values:
        rig.client["a"] = value
    received = []
    with Reports() as reports:
        for _ in range(10):  # like a driver that is woken again and again
            received += flat([rig.exchange(40)])
    assert received == ["one", "two", "three"]
    assert rig.properties["a"].policy.lost == 3 and rig.session.dropped == 3 and "'a'" in reports
    assert samples(rig) == [] and rig.properties["a"].changed == 0


def test_dropping_wakes_the_driver():
    rig = connected(history=10)
    rig.client["a"] = "x" * 60
    rig.client["a"] = "short"
    woken = rig.driver.woken
    assert rig.publish(40) == [] and rig.driver.woken == woken + 1
    assert rig.publish(40) == [("a", "short")]


def test_without_a_clock_samples_have_no_time():
    rig = connected()
    rig.unix = 0
    rig.client["a"] = 1
    rig.unix = UNIX
    rig.client["a"] = 2
    assert rig.records() == [{0: "a", 2: 1}, {0: "a", 2: 2, 6: UNIX + rig.ms // 1000}]


def test_a_clock_that_jumps_goes_with_each_sample():
    rig = connected()
    for unix in (UNIX + 10**9, UNIX - 10**8, 2**32 + 5):
        rig.unix = unix
        rig.ms = 0
        rig.client["a"] = unix % 7
    assert [one[6] for one in rig.records()] == [UNIX + 10**9, UNIX - 10**8, 0xFFFFFFFF]


def move(rig, thing=OTHER):
    rig.command(0x010400, thing)
    rig.poll()
    rig.command(0x010600, b"\x80")
    rig.requests()


def test_another_thing_gets_what_the_first_one_has_not_acknowledged():
    rig = connected()
    for i in range(3):
        rig.client["a"] = i
    assert flat([rig.publish()]) == [0, 1, 2]
    rig.client["a"] = 3
    move(rig)
    rig.session.acknowledged()  # the first thing's packet, late
    assert flat(everything(rig)) == [0, 1, 2, 3]


def test_another_thing_gets_the_present_value_where_nothing_waits():
    rig = connected()
    rig.client["a"] = 5
    everything(rig)
    move(rig)
    assert flat(everything(rig)) == [5]


def test_what_was_dropped_under_way_to_another_thing_is_lost():
    rig = connected(history=2)
    for i in range(2):
        rig.client["a"] = i
    rig.publish()
    rig.client["a"] = 2
    assert rig.properties["a"].policy.lost == 0
    move(rig)
    assert rig.properties["a"].policy.lost == 1
    assert flat(everything(rig)) == [1, 2]


def test_back_at_the_same_thing_nothing_is_sent_twice():
    rig = connected()
    rig.client["a"] = 1
    rig.publish()
    rig.session.end()
    rig.client["a"] = 2
    rig.attach(THING)
    rig.command(0x010600, b"\x80")
    # the driver repeats the packet under way; once that is acknowledged:
    rig.session.acknowledged()
    assert flat(everything(rig)) == [2]


def test_an_acknowledgement_of_other_values_takes_no_samples():
    rig = connected(variable(), ArduinoCloudObject("b", value=1))
    rig.client["a"] = 1
    everything(rig)
    rig.client["b"] = 2
    rig.publish()
    rig.client["a"] = 3
    rig.session.acknowledged()
    assert samples(rig) == [3]


def test_on_change_only_what_differs_enough_is_a_sample_connected_or_not():
    rig = connected(value=20.0, publish="change", min_delta=1, min_interval=10)
    everything(rig)
    rig.session.end()
    for i in range(1, 121):  # up by a tenth every second
        rig.wait(1000)
        rig.client["a"] = 20.0 + i / 10
        rig.run_for(0)
    found = samples(rig)
    assert len(found) == 5 and [round(b - a, 6) for a, b in zip(found, found[1:])] == [1.0] * 4


def test_on_change_the_interval_ends_without_a_link_too():
    rig = connected(value=0, publish="change", min_interval=10)
    everything(rig)
    rig.session.end()
    rig.wait(1000)
    rig.client["a"] = 1
    assert samples(rig) == []
    rig.run_for(8999)
    assert samples(rig) == []
    rig.run_for(1)
    rig.run_for(0)
    assert samples(rig) == [1]


def test_every_so_many_seconds_a_sample_connected_or_not():
    rig = connected(value=1, publish=60, history=100)
    everything(rig)
    rig.session.end()
    rig.run_for(3600000)
    assert samples(rig) == [1] * 60
    times = [time for _, time in rig.properties["a"].policy]
    assert [b - a for a, b in zip(times, times[1:])] == [60] * 59


def test_on_demand_a_push_is_a_sample():
    rig = connected(value=1, publish="demand")
    everything(rig)
    rig.session.end()
    for value in (2, 3, 4):
        rig.client["a"] = value
        if value != 3:
            rig.client.push("a")
    assert samples(rig) == [2, 4]


def test_lost_samples_are_in_the_statistics():
    rig = connected(variable("a", history=2), variable("b", history=3), ArduinoCloudObject("c", value=1))
    for i in range(5):
        rig.client["a"] = i
        rig.client["b"] = i
    assert rig.client.stats()["lost"] == 5


def test_two_variables_share_nothing():
    rig = connected(variable("a"), variable("b"))
    rig.client["a"] = 1
    rig.client["b"] = 2
    assert (samples(rig, "a"), samples(rig, "b")) == ([1], [2])


def test_values_of_a_ring_are_copies():
    p = Location("a", lat=1.0, lon=2.0, history=5)
    rig = connected(p)
    p.lat = 3.0
    assert samples(rig) == [{"lat": 1.0, "lon": 2.0}, {"lat": 3.0, "lon": 2.0}]


def test_of_random_assignments_links_and_acknowledgements_all_arrive_in_order_or_are_counted():
    for seed in range(30):
        random = Seeded(seed)
        size = 1 + random.below(11)
        rig = connected(history=size)
        policy = rig.properties["a"].policy
        received = []
        under_way = None
        value = 0
        for _ in range(300):
            choice = random.below(5)
            if choice < 3:
                rig.client["a"] = value
                value += 1
            elif under_way is None:
                if rig.session.ready:
                    under_way = rig.publish(40 + random.below(160)) or None
            elif choice == 3:
                received += flat([under_way])
                under_way = None
                rig.session.acknowledged()
            elif random.below(3) == 0:  # the link is lost; the driver keeps the packet under way
                rig.session.end()
                rig.sync()
        if under_way:
            received += flat([under_way])
            rig.session.acknowledged()
        received += flat(everything(rig))
        assert received == sorted(set(received)), seed
        assert len(received) + policy.lost == value, (seed, len(received), policy.lost, value)


def test_a_history_needs_a_number():
    for size in (-1, 10001, 1.5, "5"):
        raises(ValueError, variable, history=size)
    for size in (0, None):
        assert not hasattr(variable(history=size).policy, "count")
