"""Ids that a request brings tell nobody which ids others have, and passwords have a least length."""

import uuid

import pytest


@pytest.fixture
def stranger(new_user):
    """Another user."""
    return new_user("stranger %s" % uuid.uuid4().hex[:8])


def without_ids(thing):
    return {key: value for key, value in thing.items() if key in ("name", "timezone", "properties_count")}


def test_making_a_thing_with_the_id_of_another_users_thing_is_the_same_as_with_a_free_id(user, stranger):
    theirs = stranger.make_thing()
    deleted = stranger.make_thing()
    assert stranger.delete("/v2/things/" + deleted["id"]).status == 200
    answers = [
        user.put("/v2/things", {"name": "probe", "id": id}) for id in (theirs["id"], deleted["id"], str(uuid.uuid4()))
    ]
    assert [answer.status for answer in answers] == [201] * 3
    assert without_ids(answers[0].json) == without_ids(answers[1].json) == without_ids(answers[2].json)
    assert len({answer.json["id"] for answer in answers} | {theirs["id"], deleted["id"]}) == 5


def test_making_a_thing_with_the_id_of_an_own_thing_is_refused(user):
    mine = user.make_thing()
    answer = user.put("/v2/things", {"name": "again", "id": mine["id"].upper()})
    assert answer.status == 400 and answer.detail == "a thing with this id exists"
    assert user.put("/v2/things", {"name": "again", "id": "thing-1"}).detail == "an id must be a UUID"


def test_an_id_of_another_user_is_answered_like_one_that_nobody_has(user, stranger, prop):
    thing = stranger.make_thing(prop("t"))
    device = stranger.make_device()
    board = stranger.request("POST", "/v3/dashboards", {"name": "theirs"}).json
    theirs = {"thing": thing["id"], "device": device["id"], "property": thing["properties"][0]["id"], "dashboard": board["id"]}
    nobodys = {name: str(uuid.uuid4()) for name in theirs}
    mine = user.make_thing()
    my_board = user.request("POST", "/v3/dashboards", {"name": "mine"}).json["id"]
    widget = {"id": str(uuid.uuid4()), "type": "Gauge", "options": {}, "x": 0, "y": 0, "width": 1, "height": 1}

    def ask(ids):
        clone = {"overrides": [{"old_thing_id": mine["id"], "new_thing_id": ids["thing"]}]}
        return [
            user.put("/v2/things", {"name": "probe", "device_id": ids["device"]}),
            user.post("/v2/things/" + mine["id"], {"device_id": ids["device"]}),
            user.put("/v2/things/%s/clone" % ids["thing"], {"name": "probe"}),
            user.get("/v2/things/%s" % ids["thing"], show_deleted="true"),
            user.get("/v2/devices/%s" % ids["device"], show_deleted="true"),
            user.get("/v2/devices/%s/pass" % ids["device"]),
            user.get("/v2/dashboards/%s" % ids["dashboard"]),
            user.put("/v2/dashboards/%s/shares" % ids["dashboard"], {"user_id": str(uuid.uuid4())}),
            user.put("/v2/dashboards/%s/clone" % my_board, clone),
            user.patch("/v2/dashboards/%s" % my_board, {"widgets": [{**widget, "variables": [ids["property"]]}]}),
            user.get("/v2/things", device_id=ids["device"]),
            user.get("/v2/things", ids=ids["thing"]),
        ]

    def shown(answers):
        return [(answer.status, answer.detail if answer.status >= 400 else answer.json) for answer in answers]

    assert shown(ask(theirs)) == shown(ask(nobodys))


@pytest.mark.parametrize("password", ["", "x", "1234567"])
def test_a_password_that_a_person_sets_has_at_least_eight_characters(user, password):
    device = user.make_device()
    path = "/v2/devices/%s/pass" % device["id"]
    answer = user.put(path, {"password": password})
    expected = "password: a password must have at least 8 characters, not %d" % len(password)
    assert answer.status == 400 and answer.detail == expected
    assert user.get(path).json == {"set": False}
    assert user.put(path, {"password": "12345678"}).json == {"set": True}
    # Shorter ones of before can still be checked.
    assert user.post(path, {"password": "short"}).status == 400


def test_suggested_passwords_are_accepted(user):
    device = user.make_device()
    path = "/v2/devices/%s/pass" % device["id"]
    secret = user.get(path, suggested_password="true").json["suggested_password"]
    assert user.put(path, {"password": secret}).json == {"set": True}
    assert user.post(path, {"password": secret}).status == 200
