"""Old and new versions of the API side by side, the table of endpoints, the official API's documents, the docs page."""

import datetime
import json
import re
from pathlib import Path

import pytest
from localcloud.web.api.endpoints import ENDPOINTS, table
from localcloud.web.api.versions import DASHBOARDS, Group
from toolchain.paths import ROOT

SAMPLES = json.loads((ROOT / "tests" / "vectors" / "application_api_samples.json").read_text())["samples"]


def operations(user):
    description = user.raw("GET", "/iot/openapi.json").json
    return {(method.upper(), path) for path, item in description["paths"].items() for method in item}


def test_the_served_operations_are_those_that_the_table_calls_served(user):
    served = {(each.method, each.path) for each in ENDPOINTS if not each.reason}
    assert operations(user) == served


def test_the_description_names_the_errors_that_are_answered(user):
    description = user.raw("GET", "/iot/openapi.json").json
    schema = description["components"]["schemas"]["Error"]
    kinds = {"string": str, "object": dict, "integer": int}
    error = user.get("/v2/things/x").json
    assert error.keys() == schema["properties"].keys() == set(schema["required"])
    for name, value in error.items():
        assert type(value) is kinds[schema["properties"][name]["type"]]
    for path, item in description["paths"].items():
        for operation in item.values():
            errors = {status: each for status, each in operation["responses"].items() if status >= "400"}
            assert {"401", "429"} <= errors.keys() and "422" not in errors
            assert ("404" in errors) or "{" not in path
            for each in errors.values():
                assert each["content"] == {
                    "application/vnd.goa.error+json": {"schema": {"$ref": "#/components/schemas/Error"}}
                }
    assert "ValidationError" not in json.dumps(description)


def test_the_table_in_the_docs_is_the_list():
    assert len(ENDPOINTS) == 94
    text = Path(ROOT, "docs", "application-api.md").read_text()
    assert table() in text


def test_what_is_not_served_says_why(user):
    for endpoint in ENDPOINTS:
        if endpoint.reason:
            answer = user.request(endpoint.method, re.sub(r"{\w+}", "x", endpoint.path), {})
            assert answer.status == 501 and endpoint.reason in answer.detail, endpoint


def test_the_newest_version_and_the_one_before_live_beside_each_other(user):
    made = user.post("/v3/dashboards", {"name": "Board", "pages": [{"id": "p", "name": "P", "position": 1}]})
    assert made.status == 201 and made.json["pages"]
    id = made.json["id"]
    for version, is_older in ((3, False), (2, True)):
        paths = ("", "/" + id, "/%s/template" % id)
        answers = [user.get("/v%d/dashboards%s" % (version, path)) for path in paths]
        answers.append(user.patch("/v%d/dashboards/%s" % (version, id), {"name": "Board"}))
        for answer in answers:
            assert answer.status == 200
            assert ("deprecation" in answer.headers) is is_older
    shown = user.get("/v2/dashboards/" + id)
    assert "pages" not in shown.json
    assert shown.headers["link"] == '</iot/v3/dashboards/%s>; rel="successor-version"' % id
    assert re.fullmatch(r"@\d+", shown.headers["deprecation"])
    # A change through the older version keeps what only the newer one has.
    user.put("/v2/dashboards/" + id, {"name": "Board"})
    assert user.get("/v3/dashboards/" + id).json["pages"]
    # Endpoints that only the older version has are not deprecated.
    assert "deprecation" not in user.get("/v2/dashboards/%s/shares" % id).headers
    assert "deprecation" not in user.delete("/v2/dashboards/" + id).headers


def test_nothing_older_than_the_version_before_is_served(user):
    assert user.get("/v1/dashboards").status == 404
    assert DASHBOARDS.served == (3, 2)
    group = Group("gauges", 4, datetime.date(2026, 1, 1))
    assert group.router(3).prefix == "/v3/gauges"
    for version in (5, 2, 1):
        with pytest.raises(ValueError):
            group.router(version)
    assert Group("gauges", 1).served == (1,)


def test_careless_paths_of_older_clients_are_understood(user):
    headers = {"Authorization": "Bearer " + user.token}
    for path in ("//iot/v2/things", "/iot/iot/v2/things", "/v2/things", "/iot//v2//things"):
        assert user.raw("GET", path, headers=headers).json == []


def requests_named(*names):
    return [each["document"] for each in SAMPLES if each["name"] in names]


def test_the_documented_requests_are_understood(user):
    (device,) = requests_named("Request: create device")
    device_id = user.put("/v2/devices", device).json["id"]
    (thing,) = requests_named("Request: create thing")
    made = user.put("/v2/things", {**thing, "device_id": device_id})
    assert made.status == 201 and made.json["tags"] == {"site": "north"}
    id = made.json["id"]
    property_id = made.json["properties"][0]["id"]
    (update,), (clone,) = requests_named("Request: update thing"), requests_named("Request: clone thing")
    assert user.post("/v2/things/" + id, update).json["webhook_active"] is True
    assert user.put("/v2/things/%s/clone" % id, clone).json["tags"] == {"site": "north"}
    path = "/v2/things/%s/properties/%s" % (id, property_id)
    (value,), (batch,) = requests_named("Request: publish"), requests_named("Request: publish batch")
    for tail, body in (("/publish", value), ("/publish_batch", batch)):
        answer = user.put(path + tail, body)
        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")
    for name in ("query", "query raw", "sampling"):
        (body,) = requests_named("Request: batch " + name)
        tail = {"sampling": "query_sampling"}.get(name, name.replace(" ", "_"))
        assert user.post("/v2/series/batch_" + tail, body).status == 200
    (properties,) = requests_named("Request: device properties")
    assert user.put("/v2/devices/%s/properties" % device_id, properties).status == 200


def test_the_documented_requests_about_devices_and_dashboards_are_understood(user, new_user, prop):
    one = lambda name: requests_named("Request: " + name)[0]  # noqa: E731
    device = user.make_device()
    thing = user.make_thing(prop("Air Temp"), prop("Lamp", "HOME_COLORED_LIGHT"), prop("Pump", "STATUS"))
    ids = {each["name"]: each["id"] for each in thing["properties"]}
    path = "/v2/devices/" + device["id"]
    assert user.post(path, one("update device")).status == 200
    assert user.put(path + "/pass", one("set device password")).json == {"set": True}
    assert user.post(path + "/pass", one("check device password")).status == 200
    assert user.put("/v2/things/%s/tags" % thing["id"], one("tag")).status == 200
    several = [{"property": name, "value": value} for name, value in (("Air Temp", 20.5), ("Pump", True))]
    body = {**one("publish several"), "properties": several}
    assert user.put("/v2/things/%s/publish" % thing["id"], body).status == 200
    lamp = "/v2/things/%s/properties/%s" % (thing["id"], ids["Lamp"])
    complex = {**one("publish complex"), "device_id": None}
    assert user.put(lamp + "/publish", complex).status == 200
    assert user.get(lamp).json["last_value"] == complex["value"]
    last = {"requests": [{"thing_id": thing["id"], "property_id": ids["Pump"]}]}
    assert user.post("/v2/series/batch_query_raw/lastvalue", {**one("last value"), **last}).status == 200
    for version, name in ((2, "dashboard"), (3, "dashboard v3")):
        body = json.loads(json.dumps(one(name)))
        for widget in body["widgets"]:
            widget["variables"] = [ids["Air Temp"]]
        made = user.post("/v%d/dashboards" % version, body)
        assert made.status == 201 and made.json["widgets"][0]["variables"][0]["name"] == "Air Temp"
    path = "/v2/dashboards/" + made.json["id"]
    link = {**one("link widget"), "variables": [ids["Pump"]]}
    widget = made.json["widgets"][0]["id"]
    assert user.put(path + "/widgets/%s/variables" % widget, link).json == {"variables": [ids["Pump"]]}
    override = {"overrides": [{"old_thing_id": thing["id"], "new_thing_id": thing["id"]}]}
    assert user.put(path + "/clone", {**one("clone dashboard"), **override}).status == 201
    other = new_user("helper").user_id
    assert user.put(path + "/shares", {**one("share dashboard"), "user_id": other}).status == 200
    several = {**one("share dashboard with several"), "users": [{"user_id": other}]}
    assert user.put(path + "/shares", several).status == 200
    assert user.put(path + "/share_request", one("ask for access")).status == 200


NOT_HERE = set("organization_id sketch_id no_sketch cover_image example statistics seqno events".split())
"""Optional members for which there is nothing to report."""


def assert_like(answer, sample, place):
    """Assert that every member of the sample is in the answer, with a value of the same kind."""
    if isinstance(sample, dict):
        for name in sample.keys() - NOT_HERE:
            assert name in answer, "%s.%s" % (place, name)
            assert_like(answer[name], sample[name], "%s.%s" % (place, name))
    elif isinstance(sample, list):
        assert isinstance(answer, list) and (answer or not sample), place
        if sample:
            # The last one: among properties, it has all optional members.
            assert_like(answer[-1], sample[0], place + "[]")
    elif isinstance(sample, (int, float)) and not isinstance(sample, bool):
        assert isinstance(answer, (int, float)) and not isinstance(answer, bool), place
        assert isinstance(answer, int) or isinstance(sample, float) or place.endswith("value"), place
    else:
        assert type(answer) is type(sample), place


def test_answers_look_like_the_documented_ones(user, board):
    documents = {each["name"]: each["document"] for each in SAMPLES}
    thing, device = "/v2/things/" + board.thing_id, "/v2/devices/" + board.id
    t = thing + "/properties/" + board.ids["t"]
    user.put(t + "/publish", {"value": 21.5})
    user.put(t + "/publish", {"value": 22})
    user.put(thing + "/tags", {"key": "site", "value": "north"})
    details = {"name": "t", "permission": "READ_ONLY", "type": "FLOAT", "update_strategy": "ON_CHANGE"}
    user.post(t, {**details, "update_parameter": 0.5, "min_value": -20, "max_value": 60})
    lamp = {**details, "name": "lamp", "type": "STATUS", "update_parameter": 0}
    user.post(thing + "/properties/" + board.ids["lamp"], lamp)
    user.post(device, {"fqbn": "esp32:esp32:esp32", "connection_type": "wifi"})
    user.put(device + "/tags", {"key": "site", "value": "north"})
    user.put(device + "/properties", {"properties": [{"name": "firmware", "type": "infer", "value": "1.2"}]})
    span = {"q": "property." + board.ids["t"], "from": "2020-01-01T00:00:00Z", "to": "2200-01-01T00:00:00Z"}
    batch = {"requests": [span], "resp_version": 1}
    last = {"requests": [{"thing_id": board.thing_id, "property_id": board.ids["t"]}]}
    for name, answer in (
        ("Thing", user.get(thing)),
        ("Property FLOAT", user.get(t)),
        ("Property never written", user.get(thing + "/properties/" + board.ids["lamp"])),
        ("Device", user.get(device)),
        ("Thing template", user.get(thing + "/template")),
        ("Series batch", user.post("/v2/series/batch_query", batch)),
        ("Series batch raw", user.post("/v2/series/batch_query_raw", batch)),
        ("Series raw last value", user.post("/v2/series/batch_query_raw/lastvalue", last)),
        ("Property timeseries", user.get(t + "/timeseries")),
        ("Device properties", user.get(device + "/properties")),
        ("Device property values", user.get(device + "/properties/" + board.ids["t"], limit=1)),
        ("Device events", user.get(device + "/events")),
        ("Device status events", user.get(device + "/status")),
        ("Device password state", user.get(device + "/pass", suggested_password=True)),
        ("Tags", user.get(thing + "/tags")),
        ("Property type", user.get("/v1/property_types")),
        ("Error", user.get("/v2/things/x")),
    ):
        found = answer.json[0] if isinstance(answer.json, list) else answer.json
        assert_like(found, documents[name], name)


def test_the_docs_page_needs_no_other_host(user):
    page = user.raw("GET", "/docs")
    assert page.status == 200 and "'unsafe-inline'" not in page.headers["content-security-policy"].split(";")[0]
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
    assert len(loaded) == 4
    for path in loaded:
        assert path.startswith("/") and not path.startswith("//")
        assert user.raw("GET", path).status == 200
