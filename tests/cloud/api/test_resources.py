"""Edge cases of things, properties, devices and dashboards: status codes and answers."""

import re
import uuid

import pytest
from localcloud.web.api.resources.device_data import NOTED_BY_THE_CLOUD


def path_of(board, name):
    return "/v2/things/%s/properties/%s" % (board.thing_id, board.ids[name])


def test_only_what_the_device_may_take_reaches_it(user, board):
    assert user.put(path_of(board, "t") + "/publish", {"value": 20}).status == 200
    assert user.put(path_of(board, "lamp") + "/publish", {"value": True, "device_id": board.id}).status == 200
    assert user.put(path_of(board, "lamp") + "/publish", {"value": False}).status == 200
    assert board.records()[1] == [{0: "lamp", 4: False}]
    assert user.get(path_of(board, "t")).json["last_value"] == 20
    assert user.put(path_of(board, "t") + "/publish", {"value": 51}).status == 400
    for body in ({}, {"value": None}, {"value": "x"}, {"value": [1]}, {"value": 1, "device_id": "another"}):
        assert user.put(path_of(board, "t") + "/publish", body).status == 400, body


def test_several_variables_at_once(user, board):
    path = "/v2/things/%s/publish" % board.thing_id
    values = [{"property": "lamp", "value": True}, {"property": "t", "value": 7}]
    assert user.put(path, {"properties": values, "to_device": True}).status == 200
    assert board.records()[1] == [{0: "lamp", 4: True}]
    assert user.get(path_of(board, "t")).json["last_value"] == 7
    assert user.put(path, {"properties": [{"property": "none", "value": 1}]}).status == 404
    assert user.put(path, {"properties": []}).status == 400
    values = [{"property": "lamp", "value": False}, {"property": "t", "value": 51}]
    assert user.put(path, {"properties": values}).status == 400
    assert user.get(path_of(board, "lamp")).json["last_value"] is True


def test_a_soft_deleted_thing_can_be_restored_and_a_hard_deleted_one_not(user, prop):
    id = user.make_thing(prop("t"))["id"]
    path = "/v2/things/" + id
    answer = user.delete(path)
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")
    assert user.get(path).status == 404 and user.get("/v2/things").json == []
    assert user.get(path, show_deleted=True).json["deleted_at"]
    assert [each["id"] for each in user.get("/v2/things", show_deleted=True).json] == [id]
    assert user.delete(path).status == 404
    assert user.post(path, {"soft_deleted": False}).status == 200
    assert user.get(path).json["properties_count"] == 1
    assert user.delete(path, force=True).status == 200
    assert user.get(path, show_deleted=True).status == 404


def test_a_device_belongs_to_one_thing_unless_forced(user, board, prop):
    second = user.make_thing(prop("x"))
    path = "/v2/things/" + second["id"]
    assert user.post(path, {"device_id": board.id}).status == 409
    assert user.put("/v2/things", {"name": "third", "device_id": board.id}).status == 409
    assert [each["name"] for each in user.get("/v2/things").json] == ["Greenhouse", "Greenhouse"]
    assert user.post(path, {"device_id": board.id}, force=True).json["device_id"] == board.id
    assert "device_id" not in user.get("/v2/things/" + board.thing_id).json
    assert "device_id" not in user.post(path, {"device_id": ""}).json


@pytest.mark.parametrize("by_update", [False, True])
def test_deleting_a_device_ends_its_connection_and_frees_its_thing(user, board, by_update):
    path = "/v2/devices/" + board.id
    answer = user.post(path, {"soft_deleted": True}) if by_update else user.delete(path)
    assert answer.status == 200
    assert not by_update or (answer.json["deleted_at"] and "thing" not in answer.json)
    board.wait_closed()
    assert user.get("/v2/devices/" + board.id).status == 404
    assert "device_id" not in user.get("/v2/things/" + board.thing_id).json
    assert user.get("/v2/devices").json == []
    assert user.post(path, {"soft_deleted": False}).status == 200
    assert [each["id"] for each in user.get("/v2/devices").json] == [board.id]


@pytest.mark.parametrize("name", NOTED_BY_THE_CLOUD)
def test_users_forge_no_event_that_the_cloud_notes(user, name):
    path = "/v2/devices/" + user.make_device()["id"]
    values = [{"name": "note", "type": "infer", "value": 1}, {"name": name, "type": "infer", "value": "CONNECTED"}]
    answer = user.put(path + "/properties", {"properties": values})
    assert answer.status == 400 and name in answer.detail
    assert user.get(path + "/status").json["events"] == user.get(path + "/events").json["events"] == []


@pytest.mark.parametrize("version, method", [(2, "PUT"), (2, "PATCH"), (3, "PATCH")])
def test_an_update_deletes_and_restores_a_dashboard(user, version, method):
    path = "/v%d/dashboards/%s" % (version, user.post("/v3/dashboards", {"name": "Board"}).json["id"])
    assert user.request(method, path, {"name": "Board", "soft_deleted": True}).status == 200
    assert user.get(path).status == 404
    assert user.request(method, path, {"name": "Board", "soft_deleted": False}).status == 200
    assert user.get(path).json["name"] == "Board"


def test_properties_of_the_request_are_merged_by_name(user, prop):
    thing = user.make_thing(prop("a"), prop("b"), id=str(uuid.uuid4()))
    changed = user.post("/v2/things/" + thing["id"], {"properties": [prop("b", max_value=5), prop("c")]}).json
    assert {each["name"]: each.get("max_value") for each in changed["properties"]} == {
        "a": None,
        "b": 5,
        "c": None,
    }
    assert [each["tag"] for each in changed["properties"]] == [1, 2, 3]
    assert user.put("/v2/things", {"name": "x", "id": thing["id"]}).status == 400


@pytest.mark.parametrize(
    "body, status",
    [
        ({"type": "NOTHING"}, 400),
        ({"permission": "WRITE"}, 400),
        ({"update_strategy": "NEVER"}, 400),
        ({"variable_name": "1a"}, 400),
        ({"name": None}, 400),
        ({"persist": "yes"}, 400),
        ({"unknown": 1}, 201),
    ],
)
def test_what_a_property_may_be(user, prop, body, status):
    thing = user.make_thing()
    answer = user.put("/v2/things/%s/properties" % thing["id"], {**prop("t"), **body})
    assert answer.status == status
    if status != 201:
        assert answer.detail


@pytest.mark.parametrize("name", ["Température (°C)", "温度", "a:b/c", "<b>&", "\U0001f600", "x" * 64])
def test_a_property_may_have_any_name_when_made_changed_and_copied(user, prop, name):
    thing = user.make_thing(prop("t"))
    path = "/v2/things/" + thing["id"]
    made = user.put(path + "/properties", prop(name))
    assert made.status == 201 and made.json["name"] == name
    assert re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", made.json["variable_name"])
    changed = user.post(path + "/properties/" + thing["properties"][0]["id"], prop(name))
    assert changed.status == 200 and changed.json["name"] == name and changed.json["variable_name"] == "t"
    copied = user.put(path + "/clone", {"name": "copy"})
    assert copied.status == 201 and [each["name"] for each in copied.json["properties"]] == [name, name]


@pytest.mark.parametrize("name", ["", "x" * 65, "a\tb", "a\n", "a\0", "\x7f", "\x9b2J", "\ud800"])
def test_a_property_has_no_name_that_cannot_be_shown(user, prop, name):
    thing = user.make_thing(prop("t"))
    path = "/v2/things/" + thing["id"]
    assert user.put(path + "/properties", prop(name)).status == 400
    assert user.post(path + "/properties/" + thing["properties"][0]["id"], prop(name)).status == 400
    assert user.post(path, {"properties": [prop(name)]}).status == 400
    assert [each["name"] for each in user.get(path + "/properties").json] == ["t"]


def test_a_variable_name_is_taken_once(user, prop):
    thing = user.make_thing(prop("温度"))
    path = "/v2/things/%s/properties" % thing["id"]
    assert "variable_name _ exists" in user.put(path, prop("湿度")).detail
    assert user.put(path, prop("湿度", variable_name="humidity")).json["variable_name"] == "humidity"


def test_lists_are_narrowed_by_tags_and_ids(user):
    north = user.make_thing(name="n", tags=[{"key": "site", "value": "north"}, {"key": "floor", "value": "1"}])
    south = user.make_thing(name="s", tags=[{"key": "site", "value": "south"}])
    names = lambda **query: [each["name"] for each in user.get("/v2/things", **query).json]  # noqa: E731
    assert names(tags=["site:north"]) == ["n"]
    assert names(tags=["site:north", "floor:1"]) == ["n"]
    assert names(tags=["site:north", "floor:2"]) == []
    assert names(ids=[north["id"], south["id"]]) == ["n", "s"]
    assert user.get("/v2/things", tags="site").status == 400


def test_comings_and_goings_of_a_device(user, board):
    path = "/v2/devices/%s/status" % board.id
    board.close()
    events = []
    while len(events) < 2:
        events = user.get(path).json["events"]
    assert [each["value"] for each in events] == ["DISCONNECTED", "CONNECTED"]
    assert len(user.get(path, limit=1).json["events"]) == 1
    older = user.get(path, start=events[1]["updated_at"]).json["events"]
    assert [each["value"] for each in older] == ["CONNECTED"]
    assert user.get(path, start="yesterday").status == 400
