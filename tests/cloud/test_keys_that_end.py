"""API keys, users and the local API's token are listed, rotated and deleted, and what was given with them ends."""

import asyncio
import json
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path

import jwt
import pytest
from local_clouds import LocalCloud
from localcloud.remote import RemoteCloud, RemoteError
from visitor import Web, ask_token
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

WITHIN_S = 10


@pytest.fixture
def api(cloud):
    return RemoteCloud(cloud.about)


def key_of(made, about):
    """Return the description of a cloud with another user's key."""
    key = {"user_id": made["id"], "api_key_id": made["api_key_id"], "api_key_secret": made["api_key_secret"]}
    return {**about, **key}


def token_for(about):
    status, answer = ask_token(
        about,
        grant_type="client_credentials",
        client_id=about["api_key_id"],
        client_secret=about["api_key_secret"],
    )
    return answer["access_token"] if status == 200 else None


def status_with(web_of, token, path="/iot/v2/things"):
    return web_of.request("GET", path, Authorization="Bearer " + token).status


@pytest.fixture
def visitor(cloud):
    return Web(cloud.about)


@pytest.mark.parametrize("end", ["rotate", "delete", "delete the user"])
def test_what_a_key_gave_ends_with_it(cloud, api, visitor, make_device, end):
    about = key_of(api.request("POST", "/users", {"name": "Anna"}), cloud.about)
    token, other = token_for(about), token_for(cloud.about)
    user = make_device(about, device_id=about["user_id"], secret=token)
    stays = make_device(cloud.about, device_id=cloud.user_id, secret=other)
    assert user.connect() == stays.connect() == "Success"
    assert status_with(visitor, token) == 200
    begin = time.monotonic()
    if end == "rotate":
        rotated = api.request("POST", "/keys/%s/rotate" % about["api_key_id"])
    else:
        path = "/keys/" + about["api_key_id"] if end == "delete" else "/users/" + about["user_id"]
        api.request("DELETE", path)
    assert status_with(visitor, token) == 401
    user.wait_closed()
    assert time.monotonic() - begin < WITHIN_S
    assert token_for(about) is None
    assert make_device(about, device_id=about["user_id"], secret=token).connect() == "Not authorized"
    if end == "rotate":
        renewed = {**about, "api_key_secret": rotated["secret"]}
        assert make_device(renewed, device_id=about["user_id"], secret=token_for(renewed)).connect() == "Success"
    # Others do not notice.
    assert status_with(visitor, other) == 200
    assert stays.client.is_connected()


def test_the_default_keys_new_secret_is_where_the_old_one_was(cloud, api, tmp_path):
    path, running = Path(cloud.data, "users", "default.secret"), Path(cloud.data, "running.json")
    made = api.request("POST", "/keys/%s/rotate" % cloud.api_key_id)
    assert made["secret"] != cloud.api_key_secret
    assert path.read_text() == json.loads(running.read_text())["api_key_secret"] == made["secret"]
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(running.stat().st_mode) == 0o600
    cloud.stop()
    again = LocalCloud(cloud.data)
    try:
        assert again.api_key_secret == made["secret"] and token_for(again.about)
    finally:
        again.stop()


def test_the_default_user_and_key_stay(cloud, api):
    for path in ("/users/" + cloud.user_id, "/users/%s?with_everything=true" % cloud.user_id, "/keys/" + cloud.api_key_id):
        with pytest.raises(RemoteError) as refusal:
            api.request("DELETE", path)
        assert refusal.value.status == 400 and "rotate" in str(refusal.value)
    assert token_for(cloud.about)


def test_a_user_with_things_is_deleted_only_with_everything(cloud, api, visitor, make_device):
    about = key_of(api.request("POST", "/users", {"name": "Anna"}), cloud.about)
    headers = {"Authorization": "Bearer " + token_for(about), "Content_Type": "application/json"}
    board = {"name": "Board", "type": "login_and_secretkey_wifi"}
    device = json.loads(visitor.request("PUT", "/iot/v2/devices", board, **headers).text)
    secret = {"password": "x" * 40}
    assert visitor.request("PUT", "/iot/v2/devices/%s/pass" % device["id"], secret, **headers).status == 200
    thing = {"name": "Thing", "device_id": device["id"], "properties": []}
    assert visitor.request("PUT", "/iot/v2/things", thing, **headers).status == 201
    board = make_device(cloud.about, device_id=device["id"], secret="x" * 40)
    assert board.connect() == "Success"
    with pytest.raises(RemoteError) as refusal:
        api.request("DELETE", "/users/" + about["user_id"])
    assert "1 thing, 1 device" in str(refusal.value)
    assert board.client.is_connected() and token_for(about)
    assert api.request("DELETE", "/users/%s?with_everything=true" % about["user_id"])["deleted_devices"] == [device["id"]]
    board.wait_closed()
    names = [each["name"] for each in api.request("GET", "/things") + api.request("GET", "/devices")]
    assert "Board" not in names and "Thing" not in names
    assert [each["name"] for each in api.request("GET", "/users")] == ["Default user"]
    # The name is free again.
    assert api.request("POST", "/users", {"name": "Anna"})["id"] != about["user_id"]


def test_another_users_device_goes_on_without_the_thing_of_a_deleted_user(cloud, api, make_device):
    user = api.request("POST", "/users", {"name": "Anna"})
    made = api.request("POST", "/devices", {"name": "Board"})
    api.request("POST", "/things", {"name": "Hall", "user_id": user["id"], "device_id": made["id"]})
    board = make_device(cloud.about, device_id=made["id"], secret=made["secret"])
    assert board.connect() == "Success"
    board.subscribe(board.device_topic("c/dw"))
    api.request("DELETE", "/users/%s?with_everything=true" % user["id"])
    # ThingDetachCommand
    assert board.command()[0] == 0x011000
    assert api.request("GET", "/devices/" + made["id"])["thing_id"] is None


def test_lists_have_no_secrets(cloud, api):
    made = api.request("POST", "/users", {"name": "Anna"})
    key = api.request("POST", "/users/%s/keys" % made["id"], {"name": "second"})
    users = api.request("GET", "/users")
    assert [[each["name"] for each in user["keys"]] for user in users] == [["Default key"], ["Anna", "second"]]
    text = json.dumps(users)
    for secret in (made["api_key_secret"], key["secret"], cloud.api_key_secret, "scrypt"):
        assert secret not in text
    both = [{**made, "api_key_id": key["id"], "api_key_secret": key["secret"]}, made]
    assert all(token_for(key_of(each, cloud.about)) for each in both)


@pytest.mark.parametrize("way", ["by the API", "in the file"])
def test_the_token_is_replaced_while_running(cloud, api, visitor, way):
    path = Path(cloud.data, "api_token")

    async def replace():
        headers = {"Authorization": "Bearer " + cloud.api_token}
        async with connect("ws://%s/local/v1/live" % visitor.address, additional_headers=headers, proxy=None) as socket:
            if way == "by the API":
                new = api.request("POST", "/token/rotate")["api_token"]
                assert json.loads(Path(cloud.data, "running.json").read_text())["api_token"] == new
            else:
                new = "n" * 32
                path.write_text(new)
            with pytest.raises(ConnectionClosed):
                async with asyncio.timeout(WITHIN_S):
                    while True:
                        await socket.recv()
        return new

    new = asyncio.run(replace())
    assert path.read_text() == new and stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(RemoteError):
        api.request("GET", "/things")
    assert RemoteCloud({**cloud.about, "api_token": new}).request("GET", "/things")


@pytest.mark.parametrize("text", [None, "", "short"])
def test_a_token_file_that_is_lost_or_broken_while_running_changes_nothing(cloud, api, visitor, text):
    path = Path(cloud.data, "api_token")
    path.unlink() if text is None else path.write_text(text)
    assert api.request("GET", "/things")
    for wrong in ("", text or "x"):
        assert visitor.request("GET", "/local/v1/things", Authorization="Bearer " + wrong).status == 401


def test_tokens_of_before_that_name_no_key_are_refused(cloud, visitor):
    with closing(sqlite3.connect(cloud.data + "/cloud.sqlite3")) as database:
        (key,) = database.execute("SELECT value FROM settings WHERE name = 'token_key'").fetchone()
    claims = {"iss": "local-cloud", "http://arduino.cc/id": cloud.user_id, "exp": int(time.time()) + 100}
    assert status_with(visitor, jwt.encode(claims, bytes.fromhex(key), "HS256")) == 401
