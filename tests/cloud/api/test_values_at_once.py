"""Several writers change parts of one value at the same time: none of them undoes another's part."""

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

LAST = 40
PARTS = ("hue", "sat", "bri")


@pytest.fixture
def light(user, prop, make_device):
    """A connected device with a coloured light, subscribed to its value."""
    made = user.make_device()
    user.put("/v2/devices/%s/pass" % made["id"], {"password": "a secret"})
    thing = user.make_thing(prop("light", "HOME_COLORED_LIGHT"), device_id=made["id"])
    device = make_device({**user.about, "device_id": made["id"], "secret": "a secret", "thing_id": thing["id"]})
    assert device.connect() == "Success"
    assert device.subscribe(device.thing_topic("e/i")) == 1
    device.variable_id = thing["properties"][0]["id"]
    device.path = "/v2/things/%s/properties/%s" % (thing["id"], device.variable_id)
    return device


def at_once(*works):
    """Call each with 1, 2, 3 … up to LAST, all at the same time."""
    failed = []

    def count(work):
        try:
            for number in range(1, LAST + 1):
                work(float(number))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=count, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed


def in_order(light):
    """Return the values in the order in which they were stored. A history is ordered by their times."""
    with closing(sqlite3.connect(Path(light.about["data"]) / "cloud.sqlite3", timeout=10)) as connection:
        query = "SELECT value FROM samples WHERE variable_id = ? ORDER BY id"
        return [json.loads(value) for (value,) in connection.execute(query, (light.variable_id,))]


def assert_nothing_is_taken_back(values):
    """Each part only grows, because its writer counts up."""
    for part in PARTS:
        numbers = [value.get(part, 0) for value in values]
        assert numbers == sorted(numbers) and numbers[-1] == LAST, (part, numbers)


def test_parts_that_users_publish_side_by_side(user, light):
    def publishes(part):
        def publish(number):
            assert user.put(light.path + "/publish", {"value": {part: number}}).status == 200

        return publish

    at_once(*map(publishes, PARTS))
    stored = in_order(light)
    assert len(stored) == 3 * LAST
    assert_nothing_is_taken_back(stored)
    assert {part: user.get(light.path).json["last_value"][part] for part in PARTS} == dict.fromkeys(PARTS, LAST)
    # The device gets each value whole, and the last one last.
    sent = [{record[0].partition(":")[2]: record[2] for record in light.records()[1] if 2 in record} for _ in stored]
    assert_nothing_is_taken_back(sent)


def test_parts_that_the_device_and_the_page_and_users_set_side_by_side(user, api, light):
    def publish(number):
        assert user.put(light.path + "/publish", {"value": {"hue": number}}).status == 200

    at_once(
        publish,
        lambda number: api.set_value("light", {"sat": number}, light.thing_id),
        lambda number: light.publish_records([{0: "light:bri", 2: number}]),
    )
    stored = in_order(light)
    assert len(stored) == 3 * LAST
    assert_nothing_is_taken_back(stored)


def test_parts_in_one_batch_add_up(user, api, light):
    batch = [
        {"timestamp": "2020-01-01T00:00:0%dZ" % second, "value": {part: float(second)}}
        for second, part in enumerate(PARTS, 1)
    ]
    assert user.put(light.path + "/publish_batch", batch).status == 200
    history = [sample["value"] for sample in api.history("light", light.thing_id)]
    assert history == [{"hue": 1}, {"hue": 1, "sat": 2}, {"hue": 1, "sat": 2, "bri": 3}]
