"""The API client's operations: the request that each makes, and arguments that are refused."""

import json

from arduino_cloud_api import APIError, CloudAPI
from arduino_cloud_api.upload import multipart
from portable_assert import raises

api = CloudAPI(token="t", base_url="http://127.0.0.1:9/")


def asked(call):
    """(method, path, body) of a call that is not sent."""
    return call._request + (call._body and json.loads(call._body),)


def test_ids_body_and_query():
    for call, wanted in (
        (api.things.list(), ("GET", "/iot/v2/things", None)),
        (api.things.show("a"), ("GET", "/iot/v2/things/a", None)),
        (api.things.update("a", {"name": "b"}, force=True), ("POST", "/iot/v2/things/a?force=true", {"name": "b"})),
        (api.things.update_sketch("a", "b"), ("PUT", "/iot/v2/things/a/sketch/b", None)),
        (api.things.update_sketch("a", "b", {}), ("PUT", "/iot/v2/things/a/sketch/b", {})),
        (api.things.list(tags=["a:b", "c:d"]), ("GET", "/iot/v2/things?tags=a%3Ab&tags=c%3Ad", None)),
        (api.things.list(ids=(), device_id=None), ("GET", "/iot/v2/things", None)),
        (api.things.tags_delete("a", "k/ä"), ("DELETE", "/iot/v2/things/a/tags/k%2F%C3%A4", None)),
        (
            api.properties.timeseries("t", "p", from_="2026-01-01T00:00:00Z", interval=60),
            ("GET", "/iot/v2/things/t/properties/p/timeseries?from=2026-01-01T00%3A00%3A00Z&interval=60", None),
        ),
        (api.properties.publish_batch("t", "p", [{}]), ("PUT", "/iot/v2/things/t/properties/p/publish_batch", [{}])),
        (api.dashboards_v3.list(), ("GET", "/iot/v3/dashboards", None)),
        (api.devices.pass_set("d", {"password": "x"}), ("PUT", "/iot/v2/devices/d/pass", {"password": "x"})),
    ):
        if wanted[1].find("interval") > 0:  # on MicroPython keyword arguments have no order
            assert sorted(call._request[1].split("?")[1].split("&")) == sorted(wanted[1].split("?")[1].split("&"))
        else:
            assert asked(call) == wanted


def test_arguments_that_do_not_do_are_refused_at_once():
    for error, call in (
        (TypeError, lambda: api.things.show()),
        (TypeError, lambda: api.things.show("a", "b")),
        (TypeError, lambda: api.things.create()),
        (TypeError, lambda: api.things.create("a")),
        (TypeError, lambda: api.things.create({}, {})),
        (TypeError, lambda: api.things.list(name="x")),
        (TypeError, lambda: api.things.list(ids={})),
        (TypeError, lambda: api.property_types.list_types(x=1)),
        (TypeError, lambda: api.devices.ota_upload("d", "text")),
        (ValueError, lambda: api.things.show("")),
        (ValueError, lambda: api.things.show(None)),
        (ValueError, lambda: api.things.show(7)),
        (ValueError, lambda: api.things.show("..")),
        (ValueError, lambda: api.properties.show("t", ".")),
        (AttributeError, lambda: api.thing),
        (AttributeError, lambda: api.things.remove),
        (AttributeError, lambda: api.things._table_),
        (TypeError, lambda: api.things.show("a").__aiter__()),
    ):
        raises(error, call)
    assert "things.show needs id" in str(raises(TypeError, lambda: api.things.show()))
    assert "across_user_ids" in str(raises(TypeError, lambda: api.things.list(name="x")))


def test_what_the_client_is_made_with():
    for arguments in ({}, {"client_id": "a"}, {"client_secret": "a"}, {"token": "a\r\nX: y"}, {"token": 5},
                      {"token": "t", "organization": "a\nb"}):  # fmt: skip
        raises(ValueError, lambda: CloudAPI(**arguments))
    raises(ValueError, lambda: CloudAPI("a", "b", base_url="api2.arduino.cc"))
    raises(ValueError, lambda: CloudAPI("a", "b", token_url="ftp://x"))
    raises(ValueError, lambda: CloudAPI("a", "b", ssl_params={"ca": "x"}))
    raises(OSError, lambda: CloudAPI("a", "b", ssl_params={"cafile": "/none"}))
    for url in ("http://h:1", "http://h:1/", "http://h:1/iot", "http://h:1/iot/"):
        made = CloudAPI("a", "b", base_url=url)
        assert made._prefix == "/iot/" and made._token_path == "/iot/v1/clients/token" and not made._elsewhere
    made = CloudAPI("a", "b", base_url="http://h:1/beneath", token_url="http://h:2/token")
    assert made._prefix == "/beneath/iot/" and made._token_path == "/token" and made._elsewhere


def test_numbers_that_do_not_do_are_named():
    nan, infinite = float("nan"), float("inf")
    for name, values in (
        ("timeout", (0, -1, nan, infinite, 1e9)),
        ("attempts", (0, -5, 101, 1 << 70)),
        ("backoff", (-0.1, nan, infinite, 61)),
    ):
        for value in values:
            assert name in str(raises(ValueError, lambda: CloudAPI(token="t", **{name: value})))
        for value in ("1", None, True, [1]):
            assert name in str(raises(TypeError, lambda: CloudAPI(token="t", **{name: value})))
    assert "attempts" in str(raises(TypeError, lambda: CloudAPI(token="t", attempts=1.5)))
    for name in ("base_url", "token_url"):
        assert "address" in str(raises(TypeError, lambda: CloudAPI(token="t", **{name: 5})))


def test_a_file_as_a_form():
    body, kind = multipart(b"\x00\r\n--x\xff", [("async", "true"), ("expire_in_mins", "5"), ("none", None)])
    name, _, boundary = kind.partition("; boundary=")
    assert name == "multipart/form-data" and len(boundary) == 24
    parts = body.split(b"--" + boundary.encode())
    assert parts[0] == b"" and parts[-1] == b"--\r\n" and len(parts) == 5
    assert parts[1] == b'\r\nContent-Disposition: form-data; name="async"\r\n\r\ntrue\r\n'
    assert parts[3].endswith(b"\r\n\r\n\x00\r\n--x\xff\r\n")
    assert multipart(b"", ())[1] != kind


def test_an_error_says_what_happened():
    error = APIError("things.show", 404, "not_found", "no such thing", "x")
    assert str(error) == "things.show: HTTP 404 (not_found): no such thing"
    assert (error.status, error.code, error.detail, error.id) == (404, "not_found", "no such thing", "x")
    assert str(APIError("things.list", 0, "connection", "away")) == "things.list: no answer (connection): away"
