"""The API behaves the same on SQLite and PostgreSQL, also where the two differ."""

import pytest
from localcloud.remote import RemoteError


@pytest.fixture(params=["sqlite", "postgresql"])
def local(request, api_of):
    """The local API of a cloud, on each database in turn."""
    name = {"sqlite": "local_cloud", "postgresql": "cloud_on_postgresql"}[request.param]
    return api_of(request.getfixturevalue(name).about)


@pytest.fixture
def user(local, new_user):
    """The test's own user in that cloud."""
    return new_user(about=local.about, local=local)


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


@pytest.mark.parametrize(
    "path",
    [
        "/iot/ota/v1/download/../ota",
        "/iot/ota/v1/download/%2e%2e/ota?device_id=x",
        "/iot/openapi.jsonx",
        "/iot//v2///things/..//",
        "/v2/iot/v2/things",
        "/iot/v2/things/../things",
        "/iot/v2/things/%2e%2e",
        "/iot/v2/things/..%2f..%2flocal%2fv1%2fthings",
        "/iot/v2/things/%00",
        "/iot/v2/things/%00/properties/%00",
        "/iot/v2/dashboards/%00",
        "/iot/%00",
        "/%00",
        "/iot/v2/things/x'%20OR%20'1'='1",
        "/iot/../local/v1/things",
        "/iot/ota/v1/download/../../../cloud.sqlite3/x",
        "/iot/ota/v1/download/%2e%2e%2fcloud.sqlite3/x",
        "/iot/ota/v1/download/00000000-0000-0000-0000-000000000000/x",
        "/iot/openapi.json/../v2/things",
    ],
)
def test_paths_lead_nowhere_else(user, path):
    answer = user.raw("GET", path, headers={"Authorization": "Bearer " + user.token})
    assert answer.status in (401, 404), answer.body


def test_texts_that_databases_do_not_take_name_nothing(user):
    device = user.make_device()["id"]
    dashboard = "/v2/dashboards/" + user.post("/v2/dashboards", {"name": "Board"}).json["id"]
    assert user.get("/v2/devices/%s/properties/%%00" % device).status == 404
    assert user.delete(dashboard + "/shares/%00").status == 404
    for text in ("\0", "\ud800"):
        for body in ({"username": text}, {"user_id": text}, {"users": [{"username": text}]}):
            assert user.put(dashboard + "/shares", body).status == 400
    form = b"grant_type=client_credentials&client_secret=x&client_id="
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for client_id in (b"%00", b"%ed%a0%80", b"%ff"):
        answer = user.raw("POST", "/iot/v1/clients/token", form + client_id, headers)
        assert answer.status == 401 and answer.json["error"] == "access_denied"


def test_the_local_api_takes_no_such_texts_either(user, local):
    thing = local.request("POST", "/things", {"name": "test"})["id"]
    for method, path, body in (
        ("GET", "/devices/%00", None),
        ("GET", "/things/%00", None),
        ("GET", "/things/%s/variables/%%00" % thing, None),
        ("POST", "/things", {"name": "test", "device_id": "\0"}),
        ("POST", "/things", {"name": "test", "user_id": "\0"}),
        ("PUT", "/things/%s/device" % thing, {"device_id": "\ud800"}),
    ):
        with pytest.raises(RemoteError) as refusal:
            local.request(method, path, body)
        assert refusal.value.status in (404, 422), path
