"""Every way by which a stranger or another user may try to get at something."""

import json
import socket
import sqlite3
import ssl
import time
import uuid
from contextlib import closing
from pathlib import Path

import jwt
import pytest
from localcloud.remote import RemoteError
from localcloud.web.api.endpoints import ENDPOINTS
from localcloud.web.api.limits import RateLimit


@pytest.fixture
def other(new_user):
    return new_user("other")


@pytest.fixture
def belongings(user, prop):
    """A device, a thing with a variable and a dashboard of `user`."""
    device = user.make_device()
    thing = user.make_thing(prop("t"), device_id=device["id"])
    property_id = thing["properties"][0]["id"]
    place = {"x": 0, "y": 0, "width": 1, "height": 1}
    widget = {"id": str(uuid.uuid4()), "type": "Gauge", "options": {}, "variables": [property_id], **place}
    dashboard = user.post("/v3/dashboards", {"name": "mine", "widgets": [widget]}).json
    return {"device": device["id"], "thing": thing["id"], "property": property_id, "dashboard": dashboard["id"],
            "widget": widget["id"]}  # fmt: skip


def path_of(endpoint, belongings):
    """Return the path of an endpoint, with the ids of `belongings` in it."""
    group = endpoint.path.split("/")[2]
    subject = {"things": "thing", "devices": "device", "dashboards": "dashboard"}.get(group)
    names = {"{id}": belongings.get(subject, ""), "{pid}": belongings["property"], "{key}": "site"}
    names.update({"{widget_id}": belongings["widget"], "{user_id}": str(uuid.uuid4()), "{cid}": str(uuid.uuid4())})
    path = endpoint.path
    for name, value in names.items():
        path = path.replace(name, value)
    return path


SERVED = [each for each in ENDPOINTS if not each.reason]
OF_ONE = [each for each in SERVED if "{id}" in each.path]
ANY_BODY = {
    "name": "x", "permission": "READ_WRITE", "type": "FLOAT", "update_strategy": "ON_CHANGE", "value": 1,
    "key": "site", "password": "no password", "variables": [], "properties": [{"name": "x", "property": "t", "value": 1}],
    "user_id": str(uuid.uuid4()), "csr": "x", "enabled": True,
}  # fmt: skip


@pytest.mark.parametrize("endpoint", OF_ONE, ids=lambda each: each.method + each.path)
def test_another_users_ids_are_not_found(endpoint, belongings, other, user):
    body = None if endpoint.method in ("GET", "DELETE") else ANY_BODY
    if endpoint.path.endswith("publish_batch"):
        body = [{"timestamp": "2026-01-01T00:00:00Z", "value": 1}]
    if body and endpoint.path in ("/v2/things/{id}", "/v2/devices/{id}"):
        body = {"name": "x"}
    if body and endpoint.path.endswith("/tags"):
        body = {"key": "site", "value": "x"}
    answer = other.request(endpoint.method, path_of(endpoint, belongings), body)
    if endpoint.path.endswith("share_request"):
        # The answer is the same for every id, so that nobody learns which ids exist.
        assert answer.status == 200 and other.put("/v2/dashboards/x/share_request", {}).status == 200
    else:
        assert answer.status == 404 and answer.detail


def test_nothing_of_others_is_in_lists_or_series_or_reach(belongings, other, prop):
    for path in ("/v2/things", "/v2/devices", "/v2/dashboards", "/v3/dashboards"):
        assert other.get(path).json == []
    assert other.get("/v2/things", across_user_ids=True, show_deleted=True).json == []
    for q in ("property." + belongings["property"], "thing." + belongings["thing"]):
        query = {"requests": [{"q": q}], "resp_version": 1}
        (item,) = other.post("/v2/series/batch_query_raw", query).json["responses"]
        assert (item["status"], item["values"]) == ("error", [])
    last = {"requests": [{"thing_id": belongings["thing"], "property_id": belongings["property"]}]}
    assert other.post("/v2/series/batch_query_raw/lastvalue", last).status == 404
    thing = other.make_thing(prop("mine"))
    force = other.post("/v2/things/" + thing["id"], {"device_id": belongings["device"]}, force=True)
    assert force.status == 404
    place = {"x": 0, "y": 0, "width": 1, "height": 1}
    widget = {"id": "w", "type": "Gauge", "options": {}, "variables": [belongings["property"]], **place}
    assert other.post("/v2/dashboards", {"widgets": [widget]}).status == 400
    # Neither can another user's property be reached through one's own thing, nor the other way round.
    path = "/v2/things/%s/properties/%s"
    mine = thing["properties"][0]["id"]
    assert other.get(path % (thing["id"], belongings["property"])).status == 404
    assert other.get(path % (belongings["thing"], mine)).status == 404


def forged(user, key="x" * 32, algorithm="HS256", **changes):
    now = int(time.time())
    claims = {"iss": "local-cloud", "http://arduino.cc/id": user.user_id, "iat": now, "exp": now + 300}
    claims.update({"azp": user.key["api_key_id"], "key_rotations": 0})
    return jwt.encode({**claims, **changes}, key, algorithm)


def test_forged_and_foreign_tokens_are_refused(user, api):
    head, claims, signature = user.token.split(".")
    tokens = ["", "x", "a.b.c", forged(user), forged(user, None, "none"), user.about["api_token"]]
    tokens += [head + "." + claims + ".", ".".join((head, claims[:-2] + "AA", signature)), user.token + "A"]
    for token in tokens:
        answer = user.request("GET", "/v2/things", headers={"Authorization": "Bearer " + token})
        assert answer.status == 401 and answer.detail, token
        assert answer.headers["www-authenticate"] == "Bearer"
    for header in ("Basic " + user.token, user.token, "Bearer", "bearer" + user.token):
        assert user.raw("GET", "/iot/v2/things", headers={"Authorization": header}).status == 401
    assert user.raw("GET", "/iot/v2/things").status == 401
    # A token for the Application API opens nothing in the local API.
    assert user.raw("GET", "/local/v1/things", headers={"Authorization": "Bearer " + user.token}).status == 401


def test_an_expired_token_is_refused(user):
    database = Path(user.about["data"]) / "cloud.sqlite3"
    connection = sqlite3.connect("file:%s?mode=ro" % database, uri=True)
    ((key,),) = connection.execute("SELECT value FROM settings WHERE name = 'token_key'").fetchall()
    connection.close()
    for exp, status in ((300, 200), (-1, 401)):
        token = forged(user, bytes.fromhex(key), exp=int(time.time()) + exp)
        assert user.request("GET", "/v2/things", headers={"Authorization": "Bearer " + token}).status == status


def test_every_operation_demands_a_token_before_it_reads_a_body(user, belongings):
    for endpoint in ENDPOINTS:
        path = "/iot" + path_of(endpoint, belongings)
        answer = user.raw(endpoint.method, path, b"{not json", {"Content-Type": "application/json"})
        assert answer.status == 401, path


def test_oversized_and_malformed_bodies_are_refused(user, belongings):
    path = "/iot/v2/things/" + belongings["thing"]
    headers = {"Authorization": "Bearer " + user.token, "Content-Type": "application/json"}
    assert user.raw("POST", path, b" " * (1024 * 1024 + 1), headers).status == 413
    assert user.raw("POST", path, b"{}", {**headers, "Transfer-Encoding": "chunked"}).status == 413
    for body in (b"", b"{", b"[]", b"null", b'"x"', b'{"name": 5}', b'{"name": "<script>"}', b"\xff"):
        assert user.raw("POST", path, body, headers).status == 400, body
    deep = b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert user.raw("POST", path, deep, headers).status == 400


def test_refusals_before_any_route_have_the_form_of_the_called_api(user, api):
    headers = {"Authorization": "Bearer " + user.token}
    too_large, elsewhere = {"Content-Length": str(2**30)}, {"Host": "evil.example"}
    for wrong, status in ((too_large, 413), (elsewhere, 421)):
        for path in ("/iot/v2/things", "/v2/things", "/iot/v2/devices/x/ota"):
            answer = user.raw("POST", path, headers={**headers, **wrong})
            assert answer.status == status and answer.detail
        answer = user.raw("POST", "/iot/v1/clients/token", headers=wrong)
        assert answer.status == status and answer.json["error"] == "invalid_request"
        local = user.raw("POST", "/local/v1/things", headers=wrong)
        assert local.status == status and local.json.keys() == {"detail"}


def test_a_faulty_form_at_the_token_endpoint_is_answered_as_oauth_says(user):
    for kind, body in (("; boundary=x", b"--y\r\n"), ("", b"x")):
        headers = {"Content-Type": "multipart/form-data" + kind}
        answer = user.raw("POST", "/iot/v1/clients/token", body, headers)
        assert answer.status == 400 and answer.json["error"] == "invalid_request"
        assert answer.json["error_description"]


# Python reads these as JSON, but JSON does not allow them and databases refuse them.
POISON = {
    "NaN": b"NaN",
    "infinity": b"1e999",
    "long number": b"9" * 400,
    "half a character": b'"\\ud83d"',
    "NUL": b'"\\u0000"',
    "deep": b'{"a":' * 400 + b"1" + b"}" * 400,
    "half a name": b'{"\\ud83d": 1}',
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_nothing_is_kept_that_would_break_the_lists_of_those_who_see_it(user, other, belongings, poison):
    headers = {"Authorization": "Bearer " + user.token, "Content-Type": "application/json"}
    widget = b'{"id": "w", "type": "Gauge", "options": %s, "x": %s, "y": 0, "width": 1, "height": 1}'
    property_ = b'{"name": "x", "type": "INT", "permission": "READ_ONLY", "update_strategy": "TIMED", "tag": 1,'
    property_ += b'"min_value": %s}'
    thing, device = "/v2/things/" + belongings["thing"], "/v2/devices/" + belongings["device"]
    dashboard = "/v3/dashboards/" + belongings["dashboard"]
    bodies = [
        ("PATCH", dashboard, b'{"widgets": [%s]}' % (widget % (b'{"a": %s}' % poison, b"0"))),
        ("PATCH", dashboard, b'{"widgets": [%s]}' % (widget % (b"{}", poison))),
        ("PATCH", dashboard, b'{"name": %s}' % poison),
        ("PATCH", dashboard, b'{"pages": [{"id": "p", "name": "n", "position": %s}]}' % poison),
        ("PUT", thing + "/properties", property_ % poison),
        ("POST", thing, b'{"webhook_uri": %s}' % poison),
        ("PUT", thing + "/properties/%s/publish" % belongings["property"], b'{"value": %s}' % poison),
        ("POST", device, b'{"fqbn": %s}' % poison),
    ]
    for kind in (b"infer", b"json"):
        value = b'{"properties": [{"name": "x", "type": "%s", "value": %s}]}' % (kind, poison)
        bodies.append(("PUT", device + "/properties", value))
    share = "/v2/dashboards/%s/shares" % belongings["dashboard"]
    assert user.put(share, {"user_id": other.user_id}).status == 200
    for method, path, body in bodies:
        assert user.raw(method, "/iot" + path, body, headers).status == 400, (path, body[:200])
    for path in ("/v2/things?show_properties=true", "/v2/devices", "/v2/dashboards", device + "/events"):
        assert user.get(path).status == 200
    assert len(other.get("/v3/dashboards").json) == 1
    series = thing + "/properties/%s/timeseries" % belongings["property"]
    assert user.get(series, interval=10**15).status == 400


def test_who_looks_at_a_shared_dashboard_gets_nothing_else_of_it(user, other, belongings, prop):
    path = "/v2/dashboards/" + belongings["dashboard"]
    user.put(path + "/shares", {"user_id": other.user_id})
    assert other.get(path).json["widgets"][0]["variables"][0]["id"] == belongings["property"]
    for method, tail, body in (
        ("PUT", "", {"name": "x"}),
        ("PATCH", "", {"soft_deleted": False}),
        ("DELETE", "?force=true", None),
        ("PUT", "/shares", {"user_id": other.user_id}),
        ("DELETE", "/shares/" + other.user_id, None),
        ("PUT", "/widgets/%s/variables" % belongings["widget"], {"variables": []}),
    ):
        assert other.request(method, path + tail, body).status == 404, (method, tail)
    # A copy or a template belongs to the viewer, so it lacks what does not.
    assert other.put(path + "/clone", {}).json["widgets"][0]["variables"] == []
    assert other.get(path + "/template").json["widgets"][0]["variables"] == []
    mine = other.make_thing(prop("t"))["id"]
    for old, new in ((belongings["thing"], mine), (mine, belongings["thing"])):
        overrides = [{"old_thing_id": old, "new_thing_id": new}]
        assert other.put(path + "/clone", {"overrides": overrides}).status == 404
    # The ids that the dashboard shows give no access to the variable or its thing.
    thing = "/v2/things/" + belongings["thing"]
    assert other.get(thing).status == other.get(thing + "/properties/" + belongings["property"]).status == 404
    assert other.put(thing + "/properties/%s/publish" % belongings["property"], {"value": 1}).status == 404
    user.delete(path + "/shares/" + other.user_id)
    assert other.get(path).status == 404
    assert belongings["dashboard"] not in [each["id"] for each in other.get("/v3/dashboards").json]


def test_a_users_name_is_taken_once(user, api):
    name = str(uuid.uuid4())
    api.request("POST", "/users", {"name": name})
    for taken in (name, "Default user"):
        with pytest.raises(RemoteError, match="a user with this name exists") as refusal:
            api.request("POST", "/users", {"name": taken})
        assert refusal.value.status == 409


def test_a_name_that_an_older_store_has_twice_is_nobodys(user, belongings, api):
    path = "/v2/dashboards/%s/shares" % belongings["dashboard"]
    name = str(uuid.uuid4())
    first = api.request("POST", "/users", {"name": name})["id"]
    assert user.put(path, {"username": name}).status == 200
    assert [each["user_id"] for each in user.get(path).json] == [first]
    with closing(sqlite3.connect(Path(user.about["data"]) / "cloud.sqlite3", timeout=10)) as connection:
        connection.execute("INSERT INTO users (id, name, created_at) VALUES (?, ?, 0)", (str(uuid.uuid4()), name))
        connection.commit()
    answer = user.put(path, {"username": name})
    assert answer.status == 400 and "user_id" in answer.detail
    assert [each["user_id"] for each in user.get(path).json] == [first]
    assert user.put(path, {"user_id": first}).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_no_method_gets_past_the_token(user, belongings, method):
    for path in ("/iot/v2/things", "/iot/v2/things/" + belongings["thing"], "/ota/v1/ota", "/iot/ota/v1/ota"):
        assert user.raw(method, path).status == 401, path
    for path in ("/local/v1/dashboards", "/local/v1/things/%s/dashboard" % belongings["thing"]):
        for headers in ({}, {"Authorization": "Bearer " + user.token}):
            assert user.raw(method, path, headers=headers).status in (401, 405), path


def test_headers_change_neither_user_nor_host(user, other, belongings):
    for name in ("X-Organization", "X-User-Id", "X-Forwarded-User", "X-Original-URL", "X-HTTP-Method-Override"):
        answer = other.request("GET", "/v2/things/" + belongings["thing"], headers={name: user.user_id})
        assert answer.status == 404
    assert user.request("GET", "/v2/things", headers={"X-Organization": "<organization-id>"}).status == 200
    for host in ("evil.example", "api2.arduino.cc.evil.example"):
        assert user.request("GET", "/v2/things", headers={"Host": host}).status == 421
    assert user.request("GET", "/v2/things", headers={"Host": "api2.arduino.cc"}, base="https").status == 200


def test_secrets_are_kept_as_hashes_and_told_in_no_answer(user, belongings):
    secret = "a secret of the device"
    path = "/v2/devices/%s" % belongings["device"]
    assert user.put(path + "/pass", {"password": secret}).json == {"set": True}
    assert secret not in json.dumps(user.get(path).json) and "hash" not in json.dumps(user.get(path).json)
    stored = b"".join(file.read_bytes() for file in Path(user.about["data"]).glob("cloud.sqlite3*"))
    assert belongings["device"].encode() in stored
    assert secret.encode() not in stored and user.key["api_key_secret"].encode() not in stored


def test_a_new_password_ends_connections_of_the_old_one(user, belongings, make_device):
    about = {**user.about, "device_id": belongings["device"], "thing_id": belongings["thing"]}
    path = "/v2/devices/%s/pass" % belongings["device"]
    assert make_device({**about, "secret": "x"}).connect() != "Success"
    user.put(path, {"password": "the first"})
    board = make_device({**about, "secret": "the first"})
    assert board.connect() == "Success"
    user.put(path, {"password": "the second"})
    board.wait_closed()
    assert make_device({**about, "secret": "the first"}).connect() != "Success"
    assert make_device({**about, "secret": "the second"}).connect() == "Success"


def test_the_rate_limit_counts_each_user_alone():
    now = [0.0]
    limit = RateLimit(10, lambda: now[0])
    assert [limit.admits("a") for _ in range(11)] == [True] * 10 + [False]
    assert limit.admits("b")
    now[0] = 0.1
    assert [limit.admits("a") for _ in range(2)] == [True, False]
    assert all(RateLimit(0).admits("a") for _ in range(1000))


def test_other_machines_reach_only_what_is_encrypted(start_local_cloud, new_user, api_of):
    cloud = start_local_cloud("--address", "127.0.0.2", "--rate-limit", "3")
    user = new_user("tester", cloud.about, api_of(cloud.about))
    assert cloud.about["https"].startswith("https://127.0.0.2:")
    assert cloud.about["http"].startswith("http://127.0.0.1:")
    answers = [user.request("GET", "/v2/things", base="https") for _ in range(8)]
    assert answers[0].status == 200
    assert cloud.about["reached_at"] == ["127.0.0.2"]
    refusal = next(each for each in answers if each.status == 429)
    assert "maximum request limit" in refusal.detail and refusal.headers["retry-after"] == "1"


def test_where_boards_reach_it_is_told_and_certified(start_local_cloud):
    about = start_local_cloud("--address", "0.0.0.0").about
    assert about["https"].startswith("https://127.0.0.1:")
    trust = ssl.create_default_context(cafile=about["ca_file"])
    assert about["reached_at"]
    for name in about["reached_at"]:  # the last one is the machine's name, which some machines cannot resolve
        with socket.create_connection((name if name[0].isdigit() else "127.0.0.1", about["mqtts_port"])) as sock:
            with trust.wrap_socket(sock, server_hostname=name) as secured:
                assert secured.version()


def test_a_rate_limit_does_not_remember_everybody_for_ever():
    limit = RateLimit(10, lambda: 0.0)
    assert all(limit.admits("user %d" % n) for n in range(30_000))
    assert len(limit._buckets) <= 10_000
