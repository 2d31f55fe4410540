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
