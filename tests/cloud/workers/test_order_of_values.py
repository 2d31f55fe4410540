"""Several workers have one order of values: late samples respect what others have set through any of them."""

import time

import cbor2
import psycopg
import pytest
from loads import at_broker, wait_for

HOUR_US = 3600 * 1_000_000


@pytest.fixture
def fleet(start_fleet):
    """Two workers."""
    return start_fleet(workers=2)


@pytest.fixture
def apis(fleet, api_of):
    """The local API of each worker."""
    return [api_of(worker.about) for worker in fleet.workers]


@pytest.fixture
def about(fleet, apis):
    """A project, as its device needs it."""
    return at_broker(apis[0].make_project(("count", "INT", "READ_WRITE")), fleet)


@pytest.fixture
def connect(about, make_device):
    """`connect()` -> the device, which has asked for its last values."""

    def connect():
        device = make_device(about)
        assert device.connect() == "Success"
        device.subscribe(device.thing_topic("e/i"))
        device.subscribe(device.thing_topic("shadow/i"))
        device.publish(device.thing_topic("shadow/o"), cbor2.dumps([{0: "r:m", 3: "getLastValues"}]))
        assert device.records()[0].endswith("shadow/i")
        return device

    return connect


def wait_last(apis, about, value):
    for api in apis:
        wait_for(lambda: api.variable("count", about["thing_id"])["value"], lambda found: found == value)


def replay(device):
    now = int(time.time())
    for i in range(1, 4):
        device.publish_records([{0: "count", 2: i, 6: now - 600 + i}])


def test_late_samples_do_not_replace_what_was_set_meanwhile_at_any_worker(apis, about, connect):
    device = connect()
    device.publish_records([{0: "count", 2: 10}])
    wait_last(apis, about, 10)
    device.close()
    apis[1].set_value("count", 60, about["thing_id"])
    device = connect()
    replay(device)
    wait_for(lambda: len(apis[0].history("count", about["thing_id"])), lambda count: count == 5)
    wait_last(apis, about, 60)
    # The device is told what stands.
    assert device.records()[1] == [{0: "count", 2: 60}]
    device.publish_records([{0: "count", 2: 61}])
    wait_last(apis, about, 61)


def test_late_samples_become_the_last_value_if_nobody_has_set_one(apis, about, connect):
    device = connect()
    device.publish_records([{0: "count", 2: 10}])
    wait_last(apis, about, 10)
    device.close()
    replay(connect())
    wait_last(apis, about, 3)


def test_values_count_by_arrival_at_any_worker_after_a_clock_was_ahead(fleet, apis, about, connect):
    device = connect()
    device.publish_records([{0: "count", 2: 1}])
    wait_last(apis, about, 1)
    with psycopg.connect(fleet.database, autocommit=True) as database:
        database.execute("UPDATE variables SET value_updated_at = value_updated_at + %s", (2 * HOUR_US,))
    device.publish_records([{0: "count", 2: 2}])
    wait_last(apis, about, 2)
    for number, api in enumerate(apis):
        with psycopg.connect(fleet.database, autocommit=True) as database:
            database.execute("UPDATE variables SET value_updated_at = value_updated_at + %s", (2 * HOUR_US,))
        api.set_value("count", 3 + number, about["thing_id"])
        wait_last(apis, about, 3 + number)
    shown = [api.variable("count", about["thing_id"]) for api in apis]
    assert shown[0] == shown[1] and shown[0]["number"] == 4
