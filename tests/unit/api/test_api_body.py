"""Bodies as JSON: a value that JSON does not have is refused, and the error names its place."""

import json

from arduino_cloud_api import CloudAPI
from arduino_cloud_api.body import encoded
from portable_assert import raises

api = CloudAPI(token="t", base_url="http://127.0.0.1:9/")
NAN = float("nan")


def test_what_json_has():
    body = {"a": [1, -2.5, True, None, "\u00fc\"\n"], "b": {"c": (1, 2)}, "": 1 << 70}
    assert json.loads(encoded("x", body)) == dict(body, b={"c": [1, 2]})


def test_what_json_does_not_have_is_named():
    itself = []
    itself.append(itself)
    for error, body, place in (
        (ValueError, {"a": [0, {"max_value": NAN}]}, "body['a'][1]['max_value'] is nan"),
        (ValueError, [float("inf")], "body[0] is inf"),
        (TypeError, {"a": b"x"}, "body['a'] is a dict, list, text, number, bool or None, not bytes"),
        (TypeError, {"a": {1: 2}}, "a name in body['a'] is text, not 1"),
        (TypeError, [object()], "not object"),
        (ValueError, itself, "nested more than 32 deep"),
    ):
        text = str(raises(error, encoded, "things.create", body))
        assert text.startswith("things.create: ") and place in text, text
    raises(ValueError, api.things.create, {"a": NAN})
    raises(ValueError, lambda: api.properties.timeseries("t", "p", interval=NAN))
