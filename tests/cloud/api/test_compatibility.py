"""Versions beside each other, the table of endpoints, documents of the official API, the docs page."""

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
    # Changing it in the older version loses nothing of the newer one.
    user.put("/v2/dashboards/" + id, {"name": "Board"})
    assert user.get("/v3/dashboards/" + id).json["pages"]
    # What only the older version has is not deprecated.
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


def test_the_docs_page_needs_no_other_host(user):
    page = user.raw("GET", "/docs")
    assert page.status == 200 and "'unsafe-inline'" not in page.headers["content-security-policy"].split(";")[0]
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
    assert len(loaded) == 4
    for path in loaded:
        assert path.startswith("/") and not path.startswith("//")
        assert user.raw("GET", path).status == 200
