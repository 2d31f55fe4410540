"""What things, properties, devices and dashboards do at the edges, by status code and answer."""

import sqlite3
import threading
import uuid
from contextlib import closing
from pathlib import Path

import cbor2
import pytest

OTA_BEGIN, OTA_UPDATE, OTA_PROGRESS = 0x010000, 0x010100, 0x010200
FETCH, REBOOT, FAIL = 5, 7, 8


@pytest.fixture
def board(user, prop, make_device):
    """A connected device of the user with a thing: lamp (READ_WRITE), t (READ_ONLY)."""
    made = user.make_device()
    user.put("/v2/devices/%s/pass" % made["id"], {"password": "secret"})
    thing = user.make_thing(
        prop("lamp", "STATUS"), prop("t", "FLOAT", "READ_ONLY", max_value=50), device_id=made["id"]
    )
    about = {**user.about, "device_id": made["id"], "secret": "secret", "thing_id": thing["id"]}
    device = make_device(about)
    assert device.connect() == "Success"
    assert device.subscribe(device.thing_topic("e/i")) == 1
    device.ids = {each["name"]: each["id"] for each in thing["properties"]}
    return device


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


def test_deleting_a_device_ends_its_connection_and_frees_its_thing(user, board):
    assert user.delete("/v2/devices/" + board.id).status == 200
    board.wait_closed()
    assert user.get("/v2/devices/" + board.id).status == 404
    assert "device_id" not in user.get("/v2/things/" + board.thing_id).json
    assert user.get("/v2/devices").json == []


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


class Upload(threading.Thread):
    """An upload of a firmware file, whose answer may take its time."""

    def __init__(self, user, board, **fields):
        super().__init__(daemon=True)
        self._user, self._path = user, "/iot/v2/devices/%s/ota" % board.id
        part = '--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
        parts = [part % ("ota_file", '; filename="f"', "firmware")]
        parts += [part % (name.rstrip("_"), "", value) for name, value in fields.items()]
        self._body = "".join(parts).encode() + b"--x--\r\n"
        self.start()

    def run(self):
        kind = "multipart/form-data; boundary=x"
        headers = {"Authorization": "Bearer " + self._user.token, "Content-Type": kind}
        self._answer = self._user.raw("POST", self._path, self._body, headers)

    @property
    def answer(self):
        self.join(20)
        return self._answer


def test_one_update_at_a_time(user, board):
    answer = Upload(user, board, async_="True").answer
    assert answer.status == 202 and (answer.json["ota_version"], answer.json["status"]) == (2, "pending")
    assert Upload(user, board).answer.status == 409
    assert Upload(user, board, async_="False").answer.status == 409
    headers = {"Authorization": "Bearer " + user.token, "Content-Type": "multipart/form-data; boundary=x"}
    assert user.raw("POST", "/iot/v2/devices/%s/ota" % board.id, b"--x--\r\n", headers).status == 400


@pytest.mark.parametrize("succeeds", [True, False])
def test_a_synchronous_update_is_answered_when_the_device_is_done(user, board, succeeds):
    board.subscribe(board.device_topic("c/dw"))
    upload = Upload(user, board, async_="False")
    tag, (ota_id, *_) = board.command()
    assert tag == OTA_UPDATE
    for state in (FETCH, REBOOT if succeeds else FAIL):
        assert upload.is_alive()
        progress = [ota_id, cbor2.CBORSimpleValue(state), 0, 1]
        board.publish(board.device_topic("c/up"), cbor2.dumps(cbor2.CBORTag(OTA_PROGRESS, progress)))
    if succeeds:
        board.publish(board.device_topic("c/up"), cbor2.dumps(cbor2.CBORTag(OTA_BEGIN, [bytes(32)])))
    assert upload.answer.status == 200
    assert upload.answer.json["status"] == ("succeeded" if succeeds else "failed")


def test_a_synchronous_update_that_takes_too_long_has_expired(user, board):
    board.subscribe(board.device_topic("c/dw"))
    upload = Upload(user, board, async_="False", expire_in_mins="1")
    _, (ota_id, *_) = board.command()
    # As if the minute were over.
    with closing(sqlite3.connect(Path(user.about["data"]) / "cloud.sqlite3", timeout=10)) as connection:
        connection.execute("UPDATE ota_updates SET expires_at = 1 WHERE id = ?", (str(uuid.UUID(bytes=ota_id)),))
        connection.commit()
    assert upload.answer.status == 410 and "expired" in upload.answer.detail
