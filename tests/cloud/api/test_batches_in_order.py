"""When values of `publish_batch`, which have times of their own, become the last value."""

import time
from datetime import datetime, timezone

import pytest

MINUTE, HOUR = 60, 3600


@pytest.fixture
def count(user, prop):
    """The path of a variable of the user."""
    thing = user.make_thing(prop("count", "INT"))
    return "/v2/things/%s/properties/%s" % (thing["id"], thing["properties"][0]["id"])


def batch(user, path, *samples):
    now = time.time()
    body = [
        {"timestamp": datetime.fromtimestamp(now - ago, timezone.utc).isoformat(), "value": value}
        for ago, value in samples
    ]
    assert user.put(path + "/publish_batch", body).status == 200


def last(user, path):
    return user.get(path).json["last_value"]


def test_the_newest_sample_becomes_the_last_value_if_there_is_none(user, count):
    batch(user, count, (2 * HOUR, 1), (HOUR, 2), (3 * HOUR, 3))
    assert last(user, count) == 2


def test_newer_samples_follow_older_ones(user, count):
    batch(user, count, (2 * HOUR, 1))
    batch(user, count, (HOUR, 2))
    batch(user, count, (90 * MINUTE, 3))
    assert last(user, count) == 2


def test_older_samples_do_not_replace_what_was_set(user, count):
    assert user.put(count + "/publish", {"value": 5}).status == 200
    batch(user, count, (HOUR, 1), (MINUTE, 2))
    assert last(user, count) == 5
    series = user.get(count + "/timeseries", interval=60, **{"from": "2020-01-01T00:00:00Z"})
    assert series.status == 200


def test_what_is_set_replaces_samples_of_the_future(user, count):
    batch(user, count, (-HOUR, 1), (-2 * HOUR, 2))
    assert last(user, count) == 2
    batch(user, count, (-MINUTE, 3))
    assert last(user, count) == 3
    assert user.put(count + "/publish", {"value": 5}).status == 200
    assert last(user, count) == 5
