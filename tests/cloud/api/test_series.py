"""Series, compared with aggregates worked out by hand."""

import pytest

SPAN = {"from": "2026-03-02T10:00:00Z", "to": "2026-03-02T10:15:00Z"}
VALUES = [
    ("10:00:00", 1),
    ("10:01:00", 2),
    ("10:04:59.5", 6),
    ("10:05:00", 10),
    ("10:14:59", 4),
    ("10:15:00", 99),
]


@pytest.fixture
def numbers(user, prop):
    """Return the id of a variable with VALUES, its thing's id, and a query for it."""
    thing = user.make_thing(prop("n"), prop("on", "STATUS"), prop("text", "CHARSTRING"))
    ids = {each["name"]: each["id"] for each in thing["properties"]}
    batch = [{"timestamp": "2026-03-02T%sZ" % clock, "value": value} for clock, value in VALUES]
    path = "/v2/things/%s/properties/%s" % (thing["id"], ids["n"])
    assert user.put(path + "/publish_batch", batch).status == 200
    bools = [{"timestamp": each["timestamp"], "value": each["value"] > 5} for each in batch]
    user.put("/v2/things/%s/properties/%s/publish_batch" % (thing["id"], ids["on"]), bools)
    texts = [{"timestamp": each["timestamp"], "value": str(each["value"])} for each in batch]
    user.put("/v2/things/%s/properties/%s/publish_batch" % (thing["id"], ids["text"]), texts)

    def ask(tail, name="n", **members):
        body = {"requests": [{"q": "property." + ids[name], **SPAN, **members}], "resp_version": 1}
        answer = user.post("/v2/series/" + tail, body)
        assert answer.status == 200, answer.body
        return answer.json["responses"][0]

    ask.path, ask.thing = path, thing["id"]
    return ask


@pytest.mark.parametrize(
    "aggregation, values",
    [
        ("AVG", [3, 10, 4]),
        ("MIN", [1, 10, 4]),
        ("MAX", [6, 10, 4]),
        ("SUM", [9, 10, 4]),
        ("COUNT", [3, 1, 1]),
        ("PCT_99", [6, 10, 4]),
        ("PCT_50", [2, 10, 4]),
        ("PCT_5", [1, 10, 4]),
    ],
)
def test_numbers_by_intervals(numbers, aggregation, values):
    answer = numbers("batch_query", aggregation=aggregation, interval=300)
    assert answer["values"] == values and answer["count_values"] == 3
    assert answer["times"] == ["2026-03-02T10:%sZ" % clock for clock in ("00:00", "05:00", "10:00")]
    assert (answer["status"], answer["aggregation"], answer["interval"]) == ("ok", aggregation, 300)


def test_booleans_by_intervals(numbers):
    assert numbers("batch_query", "on", interval=300)["values"] == [1, 1, 0]
    assert numbers("batch_query", "on", interval=300, aggregation="BOOL_AND")["values"] == [0, 1, 0]
    assert numbers("batch_query", "n", aggregation="BOOL_OR")["status"] == "error"
    text = numbers("batch_query", "text")
    assert (text["status"], text["values"], text["count_values"]) == ("error", [], 0) and text["message"]


def test_raw_values_and_their_order(numbers):
    newest = numbers("batch_query_raw")
    assert (newest["sort"], newest["values"]) == ("DESC", [4, 10, 6, 2, 1])
    assert newest["times"][2] == "2026-03-02T10:04:59.5Z"
    assert numbers("batch_query_raw", sort="ASC", series_limit=2)["values"] == [1, 2]
    assert numbers("batch_query_raw", **{"from": "2026-03-02T11:00:00+01:00"})["count_values"] == 5
    assert numbers("batch_query_raw", to="2026-03-02T10:05:00.000000001")["count_values"] == 3


def test_whole_numbers_come_back_as_their_variable_holds_them(user, api, prop):
    thing = user.make_thing(prop("float"), prop("int", "INT"))
    for each in thing["properties"]:
        path = "/v2/things/%s/properties/%s" % (thing["id"], each["id"])
        for value in (1, 1.0, 2.5):
            assert user.put(path + "/publish", {"value": value}).status == 200
        last = user.get(path).json["last_value"]
        history = [sample["value"] for sample in api.history(each["name"], thing["id"])]
        asked = {"requests": [{"q": "property." + each["id"], "sort": "ASC"}], "resp_version": 1}
        raw = user.post("/v2/series/batch_query_raw", asked).json["responses"][0]["values"]
        expected = [1.0, 1.0, 2.5] if each["name"] == "float" else [1, 1, 2]
        assert repr(raw) == repr(history) == repr(expected) and repr(last) == repr(expected[-1])


def test_samples(numbers):
    answer = numbers("batch_query_sampling", "text", interval=300)
    assert (answer["values"], answer["interval"]) == (["6", "10", "4"], 300)


def test_one_variables_series(user, numbers):
    query = {"interval": 300, "aggregation": "SUM", "desc": True, **SPAN}
    assert user.get(numbers.path + "/timeseries", **query).json["data"] == [
        {"time": "2026-03-02T10:10:00Z", "value": 4},
        {"time": "2026-03-02T10:05:00Z", "value": 10},
        {"time": "2026-03-02T10:00:00Z", "value": 9},
    ]
    assert len(user.get(numbers.path + "/timeseries", **SPAN).json["data"]) == 5
    wrong = [{"from": "1700-01-01T00:00:00Z"}, {"to": "soon"}, {"aggregation": "BOOL_OR"}, {"interval": 0}]
    for query in wrong:
        assert user.get(numbers.path + "/timeseries", **query).status == 400, query


def test_requests_that_make_no_sense(user, numbers):
    unknown = {"requests": [{"q": "property.00000000-0000-0000-0000-000000000000"}], "resp_version": 1}
    (item,) = user.post("/v2/series/batch_query_raw", unknown).json["responses"]
    assert (item["status"], item["times"], item["count_values"]) == ("error", [], 0)
    for requests in (None, [{}], [{"q": "x", "from": "x"}]):
        body = {"requests": requests, "resp_version": 1}
        assert user.post("/v2/series/batch_query_raw", body).status == 400
    thing = {"requests": [{"q": "thing." + numbers.thing}], "resp_version": 1}
    assert user.post("/v2/series/batch_query_sampling", thing).status == 400
    assert len(user.post("/v2/series/batch_query_raw", thing).json["responses"]) == 3
