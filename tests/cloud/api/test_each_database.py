"""Where SQLite and PostgreSQL differ, the API must not."""

import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def user(request, new_user, api_of):
    """A user of the test's own, of a cloud on each database in turn."""
    name = {"sqlite": "local_cloud", "postgresql": "cloud_on_postgresql"}[request.param]
    about = request.getfixturevalue(name).about
    return new_user(about=about, local=api_of(about))


@pytest.fixture
def history(user, prop):
    """`history((time, value), …)` -> the path of a variable with these values."""

    def make(*values):
        thing = user.make_thing(prop("n"))
        path = "/v2/things/%s/properties/%s" % (thing["id"], thing["properties"][0]["id"])
        batch = [{"timestamp": time, "value": value} for time, value in values]
        assert user.put(path + "/publish_batch", batch).status == 200
        return path

    return make


@pytest.mark.parametrize(
    "aggregation, values",
    [
        ("SUM", [None, 0, 5]),
        ("AVG", [1.7e308, 0, 2.5]),
        ("MAX", [1.7e308, 1.7e308, 3]),
        ("PCT_50", [1.7e308, -1.7e308, 2]),
    ],
)
def test_what_no_number_can_be_is_left_out(user, history, aggregation, values):
    large, starts = 1.7e308, ["2026-03-02T10:0%d:00Z" % minute for minute in range(3)]
    path = history(
        ("2026-03-02T10:00:00Z", large),
        ("2026-03-02T10:00:01Z", large),
        ("2026-03-02T10:01:00Z", -large),
        ("2026-03-02T10:01:01Z", large),
        ("2026-03-02T10:02:00Z", 2),
        ("2026-03-02T10:02:01Z", 3),
    )
    expected = [(time, value) for time, value in zip(starts, values) if value is not None]
    span = {"from": starts[0], "to": "2026-03-02T11:00:00Z", "interval": 60, "aggregation": aggregation}
    data = user.get(path + "/timeseries", **span).json["data"]
    assert [(each["time"], each["value"]) for each in data] == expected
    body = {"requests": [{"q": "property." + path.rpartition("/")[2], **span}], "resp_version": 1}
    (item,) = user.post("/v2/series/batch_query", body).json["responses"]
    if None in values:
        assert (item["status"], item["values"], item["count_values"]) == ("error", [], 0) and item["message"]
    else:
        assert (item["status"], list(zip(item["times"], item["values"]))) == ("ok", expected)


@pytest.mark.parametrize("aggregation", ["AVG", "PCT_50"])
def test_intervals_before_1970_start_at_multiples_too(user, history, aggregation):
    path = history(
        ("1969-12-31T23:58:00Z", 1), ("1969-12-31T23:59:59.5Z", 7), ("1970-01-01T00:00:00.5Z", 9)
    )
    span = {"from": "1969-12-01T00:00:00Z", "to": "1970-02-01T00:00:00Z", "interval": 60}
    expected = [("1969-12-31T23:58:00Z", 1), ("1969-12-31T23:59:00Z", 7), ("1970-01-01T00:00:00Z", 9)]
    data = user.get(path + "/timeseries", aggregation=aggregation, **span).json["data"]
    assert [(each["time"], each["value"]) for each in data] == expected
    body = {"requests": [{"q": "property." + path.rpartition("/")[2], **span}], "resp_version": 1}
    sampled = user.post("/v2/series/batch_query_sampling", body).json["responses"][0]
    assert list(zip(sampled["times"], sampled["values"])) == expected
