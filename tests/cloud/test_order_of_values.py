"""Values count in the order of their arrival, whatever the clocks say. Late samples respect what others have set."""

import time

import cbor2
import pytest
from clocked_clouds import ClockedCloud

GAP_S, SETTLE_S = 0.4, 0.15
HOUR, MINUTE = 3600, 60
JUMPS = [-2 * HOUR, 2 * HOUR]


@pytest.fixture(scope="module")
def shared_cloud(tmp_path_factory):
    """A cloud whose replays end after a short quiet."""
    cloud = ClockedCloud(tmp_path_factory.mktemp("cloud"), gap_s=GAP_S, settle_s=SETTLE_S)
    yield cloud
    cloud.stop()


@pytest.fixture
def cloud(shared_cloud):
    """The same cloud, with a right clock at first."""
    shared_cloud.ahead_s = 0
    return shared_cloud


@pytest.fixture
def home(cloud, api_of):
    """The local API of that cloud, with a project as `home.about`."""
    api = api_of(cloud.about)
    return api_of(api.make_project(("count", "INT", "READ_WRITE"), ("light", "HOME_COLORED_LIGHT", "READ_WRITE")))


@pytest.fixture
def connect(home, make_device):
    """`connect()` -> the project's device, connected and subscribed to its thing's values."""

    def connect(qos=1):
        device = make_device(home.about)
        assert device.connect() == "Success"
        assert device.subscribe(device.thing_topic("e/i"), qos) == qos
        return device

    return connect


def seconds(taken, value, name="count"):
    """A record of the C++ library with encodeTimestamp(), or of our client's history."""
    return {0: name, 2: value, 6: int(taken)}


def milliseconds(taken, value, name="count"):
    """A record of the JavaScript client."""
    return {-3: round(taken * 1000), 0: name, 2: value}


def bare(taken, value, name="count"):
    """A record of the Python client, or of the C++ library by default."""
    return {0: name, 2: value}


def last(home, name="count"):
    return home.variable(name, home.about["thing_id"])["value"]


def set_count(home, value):
    return home.set_value("count", value, home.about["thing_id"])


def asked(device):
    """Return the last value of count in the answer to the device's question."""
    device.subscribe(device.thing_topic("shadow/i"))
    device.publish(device.thing_topic("shadow/o"), cbor2.dumps([{0: "r:m", 3: "getLastValues"}]))
    while True:
        topic, records = device.records()
        if topic.endswith("shadow/i"):
            return next(record[2] for record in records if record.get(0) == "count")


def end_of_replay():
    # Only a quiet shows that a replay has ended.
    time.sleep(GAP_S + 0.05)


@pytest.mark.parametrize("jump_s", JUMPS)
def test_values_count_by_arrival_when_the_hosts_clock_jumps(cloud, home, connect, jump_s):
    device = connect()
    device.publish_records([bare(0, 1)])
    cloud.ahead_s = jump_s
    device.publish_records([bare(0, 2)])
    assert last(home) == asked(device) == 2
    set_count(home, 3)
    assert last(home) == asked(device) == 3
    cloud.ahead_s = 0
    set_count(home, 4)
    assert last(home) == 4
    device.publish_records([bare(0, 5)])
    assert last(home) == asked(device) == 5


@pytest.mark.parametrize("jump_s", JUMPS)
def test_a_user_at_the_api_and_a_fast_host(cloud, home, connect, jump_s):
    device = connect()
    device.publish_records([bare(0, 1)])
    cloud.ahead_s = jump_s
    numbers = [set_count(home, value)["number"] for value in (2, 3)]
    assert numbers == [2, 3] and home.variable("count", home.about["thing_id"])["number"] == 3


@pytest.mark.parametrize("record", [seconds, milliseconds])
@pytest.mark.parametrize("device_s", [-HOUR, -MINUTE, MINUTE, HOUR])
@pytest.mark.parametrize("jump_s", [0, *JUMPS])
def test_live_values_and_clicks_alternate_whatever_the_clocks_say(cloud, home, connect, record, device_s, jump_s):
    device = connect()
    device.publish_records([record(time.time() + device_s, 1)])
    end_of_replay()
    for value in (2, 4):
        device.publish_records([record(time.time() + device_s, value)])
        assert last(home) == value
        set_count(home, value + 1)
        assert last(home) == value + 1
        cloud.ahead_s = jump_s
    assert asked(device) == 5


@pytest.fixture
def away(home, connect):
    """A function that connects, has the device send 10, lets `meanwhile` happen, and ends the connection."""

    def away(before=None):
        device = connect()
        device.publish_records([bare(0, 10)])
        if before is not None:
            set_count(home, before)
            assert device.records()[1] == [{0: "count", 2: before}]
            asked(device)
        device.close()

    return away


def replay(device, record=seconds, device_s=0):
    """Send the samples 1 to 9 of the last hour, in three packets."""
    now = time.time() + device_s
    for first in (1, 4, 7):
        device.publish_records([record(now - HOUR + 300 * i, i) for i in range(first, first + 3)])


def samples(home):
    history = home.history("count", home.about["thing_id"])
    assert [each["time_us"] for each in history] == sorted(each["time_us"] for each in history)
    return sorted(each["value"] for each in history)


@pytest.mark.parametrize("record", [seconds, milliseconds])
def test_late_samples_become_the_last_value_if_nobody_has_set_one(home, connect, away, record):
    away()
    replay(connect(), record)
    assert last(home) == 9 and samples(home) == list(range(1, 11))


def test_late_samples_replace_what_the_device_had_seen_before_it_went_away(home, connect, away):
    away(before=50)
    replay(connect())
    assert last(home) == 9


@pytest.mark.parametrize("record", [seconds, milliseconds])
@pytest.mark.parametrize("device_s", [0, -HOUR, -MINUTE, MINUTE, HOUR])
@pytest.mark.parametrize("jump_s", [0, *JUMPS])
def test_late_samples_do_not_replace_what_was_set_meanwhile(cloud, home, connect, away, record, device_s, jump_s):
    away()
    set_count(home, 60)
    cloud.ahead_s = jump_s
    device = connect()
    replay(device, record, device_s)
    assert last(home) == 60 and len(samples(home)) == 11
    # Both sides agree: the device is told what stands.
    assert device.records()[1] == [{0: "count", 2: 60}]
    device.publish_records([bare(0, 61)])
    assert last(home) == 61


def test_what_is_set_during_a_replay_stands(home, connect, away):
    away()
    device = connect()
    now = time.time()
    device.publish_records([seconds(now - 600, 1)])
    assert last(home) == 1
    set_count(home, 60)
    assert device.records()[1] == [{0: "count", 2: 60}]
    device.publish_records([seconds(now - 300, 2)])
    assert last(home) == 60


def test_what_is_set_while_a_link_is_dead_but_not_noticed_is_set_meanwhile(home, connect, away):
    away()
    silent = connect(qos=0)
    end_of_replay()
    silent.publish_records([bare(0, 20)])
    set_count(home, 60)
    # The device is not heard from again: it comes back, and the broker ends the older connection.
    device = connect()
    replay(device)
    assert last(home) == 60
    assert device.records()[1] == [{0: "count", 2: 60}]


def test_what_was_set_in_an_earlier_outage_gives_way_once_the_device_has_seen_it(home, connect, away):
    away()
    set_count(home, 60)
    device = connect()
    assert asked(device) == 60
    end_of_replay()
    assert asked(device) == 60
    end_of_replay()
    device.close()
    replay(connect())
    assert last(home) == 9


def test_a_late_sample_does_not_replace_a_live_value_of_the_same_connection(home, connect, away):
    away()
    device = connect()
    device.publish_records([bare(0, 20)])
    device.publish_records([seconds(time.time() - 600, 1)])
    assert last(home) == 20 and samples(home) == [1, 10, 20]


def test_samples_of_one_message_count_in_their_order(home, connect):
    device = connect()
    device.publish_records([bare(0, value) for value in (3, 1, 2)])
    assert last(home) == 2 and samples(home) == [1, 2, 3]


def test_a_value_with_several_members_follows_the_same_order(cloud, home, connect):
    device = connect()
    device.publish_records([{0: "light:hue", 2: 5}, {0: "light:swi", 4: True}])
    cloud.ahead_s = -2 * HOUR
    home.set_value("light", {"hue": 10}, home.about["thing_id"])
    assert last(home, "light")["hue"] == 10 and last(home, "light")["swi"] is True
    device.publish_records([{0: "light:hue", 2: 15}])
    assert last(home, "light")["hue"] == 15


def test_what_was_set_meanwhile_stands_after_a_restart(tmp_path, api_of, make_device):
    cloud = ClockedCloud(tmp_path)
    try:
        api = api_of(cloud.about)
        about = api.make_project(("count", "INT", "READ_WRITE"))
        set_count(api_of(about), 60)
    finally:
        cloud.stop()
    cloud = ClockedCloud(tmp_path)
    try:
        home = api_of({**about, "http": cloud.about["http"], "mqtt_port": cloud.about["mqtt_port"]})
        device = make_device(home.about)
        assert device.connect() == "Success"
        replay(device)
        assert last(home) == 60
        device.close()
    finally:
        cloud.stop()


def test_live_events_tell_the_order(cloud, home, connect):
    device = connect()
    with cloud.cloud.live.watch() as events:
        device.publish_records([bare(0, 1)])
        cloud.ahead_s = -2 * HOUR
        set_count(home, 2)
        device.publish_records([seconds(time.time() - HOUR, 3)])
        told = [events.get_nowait() for _ in range(events.qsize())]
    told = [(each["value"], each["is_last"], each["number"]) for each in told if each["event"] == "value"]
    assert told == [(1, True, 1), (2, True, 2), (3, False, 2)]
