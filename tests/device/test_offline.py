"""Samples that wait for the cloud in memory and in a file, whatever the link does."""

import time

import pytest
from broker_restarts import QUICK, restart, settle
from opposite import OTHER_THING_ID, THING_ID

HISTORY = "client.register('a', history=%d)"


def records(opposite, name, thing_id=THING_ID):
    """Return the records that have arrived for a variable, in order."""
    topic = "/a/t/%s/e/o" % thing_id
    return [
        record
        for message in list(opposite.messages)
        if message.topic == topic
        for record in message.item
        if record[0] == name
    ]


def wait_values(opposite, name, expected, timeout=15, thing_id=THING_ID):
    """Wait until exactly these values have arrived, in order. A packet may be repeated after a lost link."""
    opposite.wait(lambda: opposite.values(name, thing_id)[-1:] == expected[-1:], "last sample", timeout)
    assert opposite.values(name, thing_id) == expected


def test_samples_taken_without_a_link_arrive_in_order_with_their_times(connect_device, broker, opposite):
    device = connect_device(HISTORY % 50, run=QUICK)
    device.do("client['a'] = -1")
    opposite.wait_value("a", -1)
    settle(device)

    def take_samples():
        device.wait_until("not client.connected")
        for i in range(3):
            device.do("for i in range(%d, %d): client['a'] = i" % (i * 10, i * 10 + 10))
            time.sleep(1.1)
        device.ask("1")

    restart(broker, opposite, take_samples)
    wait_values(opposite, "a", [-1] + list(range(30)))
    times = [record[6] for record in records(opposite, "a")]
    assert times == sorted(times) and times[-1] - times[1] >= 2 and abs(times[-1] - time.time()) < 60
    assert device.ask("client.stats()['lost']") == 0


def test_a_full_ring_loses_the_oldest_and_says_how_many(connect_device, broker, opposite):
    device = connect_device(HISTORY % 8, run=QUICK)

    def take_samples():
        device.wait_until("not client.connected")
        device.do("for i in range(20): client['a'] = i")
        device.ask("1")

    restart(broker, opposite, take_samples)
    wait_values(opposite, "a", list(range(12, 20)))
    assert device.ask("client.stats()['lost']") == 12


def test_samples_faster_than_their_acknowledgements_all_arrive(connect_device, opposite):
    setup = (
        HISTORY % 100
        + """
async def flood():
    for i in range(400):
        client["a"] = i
        await asyncio.sleep(0.002)
    return await client.flush(20)
"""
    )
    device = connect_device(setup, buffer=256)
    device.do("later(flood())")
    device.wait_for("^result True\n", 30)
    wait_values(opposite, "a", list(range(400)))
    sizes = [len(message.payload) for message in opposite.messages if message.topic.endswith("/e/o")]
    assert max(sizes) <= 256 - 52
    assert device.ask("client.stats()['lost']") == 0


def test_what_was_under_way_at_a_kill_of_the_broker_is_not_doubled(connect_device, broker, opposite):
    device = connect_device(HISTORY % 20, run=QUICK)
    settle(device)
    broker.process.signal(19)  # SIGSTOP
    count = device.ask("client.stats()['published']")
    device.do("client['a'] = 0")
    device.wait_until("client.stats()['published'] > %d" % count)
    device.do("for i in range(1, 31): client['a'] = i")  # pushes what is under way out of the ring
    device.ask("1")
    restart(broker, opposite)
    wait_values(opposite, "a", [0] + list(range(11, 31)))
    assert device.ask("client.stats()['lost']") == 10


def test_another_thing_gets_what_the_first_one_did_not(connect_device, broker, opposite):
    device = connect_device(HISTORY % 20, run=QUICK)
    device.do("client['a'] = 0")
    opposite.wait_value("a", 0)
    settle(device)

    def take_samples():
        device.wait_until("not client.connected")
        device.do("for i in range(1, 6): client['a'] = i")
        device.ask("1")
        opposite.thing_id = OTHER_THING_ID

    restart(broker, opposite, take_samples)
    wait_values(opposite, "a", [1, 2, 3, 4, 5], thing_id=OTHER_THING_ID)
    assert opposite.values("a") == [0]


def test_composites_arrive_whole(connect_device, broker, opposite):
    setup = "from arduino_iot_cloud import Location\nclient.register(Location('p', history=40))"
    device = connect_device(setup, run=QUICK, buffer=200)

    def take_samples():
        device.wait_until("not client.connected")
        device.do("for i in range(20): client['p'] = {'lat': i + 0.5, 'lon': -i - 0.5}")
        device.ask("1")

    restart(broker, opposite, take_samples)
    wait_values(opposite, "p:lat", [i + 0.5 for i in range(20)])
    assert opposite.values("p:lon") == [-i - 0.5 for i in range(20)]
    for message in opposite.messages:
        if message.topic.endswith("/e/o"):
            assert [one[0] for one in message.item] == ["p:lat", "p:lon"] * (len(message.item) // 2)


def test_samples_in_a_file_survive_a_kill_of_the_device(start_device, broker, opposite, tmp_path):
    setup = "client.register('a', history=50, store=%r)" % str(tmp_path / "a.history")
    device = start_device(setup, port=1, server="127.0.0.1", run=QUICK)  # nothing listens there
    device.do("for i in range(30): client['a'] = i")
    assert device.ask("client['a']") == 29
    device.process.kill()
    device = start_device(setup, broker)
    wait_values(opposite, "a", list(range(30)))
    settle(device)
    device.process.kill()
    device = start_device(setup, broker)
    device.do("client['a'] = 77")
    wait_values(opposite, "a", list(range(30)) + [77])


POLICIES = """
client.register("change", value=20.0, min_delta=0.5, min_interval=0.2)
client.register("every", value=1, publish=0.3)
client.register("demand", value=1, publish="demand")
client.register("write", value=1, permission="write", on_write=lambda client, value: print("wrote", value))
client.register("echo", value=1, publish="change", on_write=lambda client, value: print("echo", value))
"""


def test_policies(connect_device, opposite):
    device = connect_device(POLICIES)
    for name, value in (("change", 20.0), ("every", 1), ("demand", 1), ("echo", 1)):
        opposite.wait_value(name, value)
    device.do("client['change'] = 20.25; client['demand'] = 2; client['write'] = 5")
    device.do("client['change'] = 21.5")
    opposite.wait_value("change", 21.5)
    opposite.wait(lambda: len(opposite.values("every")) >= 4, "values of `every`")
    device.do("client.push('demand')")
    opposite.wait_value("demand", 2)
    opposite.write(write=9)
    device.wait_for("^wrote 9\n")
    opposite.write(echo=7)
    device.wait_for("^echo 7\n")
    opposite.wait_value("echo", 7)
    assert opposite.values("change") == [20.0, 21.5]
    assert opposite.values("demand") == [1, 2] and opposite.values("write") == []


def test_flush_waits_for_what_a_policy_holds_back(connect_device, opposite):
    device = connect_device("client.register('a', value=0, min_interval=1)")
    opposite.wait_value("a", 0)
    settle(device)
    device.do("client['a'] = 1; later(client.flush())")
    device.wait_for_next("^result True\n")
    opposite.wait_value("a", 1, timeout=1)


@pytest.mark.parametrize("rule, expected", [("cloud", 9), ("device", 4)])
def test_whose_value_counts_at_a_connection(start_device, broker, opposite, rule, expected):
    opposite.last_values[THING_ID] = {"a": 9}
    setup = "client.register('a', value=4, sync=%r, on_write=lambda client, value: print('wrote', value))" % rule
    device = start_device(setup, broker)
    device.wait_until("client.connected")
    opposite.wait_value("a", expected)
    assert device.ask("client['a']") == expected
    assert ("wrote 9" in device.output) is (rule == "cloud")
