"""The page's sessions: a code in an address begins one, once; it is good for this server's page alone, and it ends."""

import asyncio
import hashlib
import json
import re
import sqlite3
from contextlib import closing

import pytest
from local_clouds import LocalCloud
from visitor import Web
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

DAY_US = 24 * 3600 * 1_000_000
WITHIN_S = 10


@pytest.fixture
def visitor(cloud):
    return Web(cloud.about)


def change(cloud, statement, *values):
    """Change the cloud's tables from outside."""
    with closing(sqlite3.connect(cloud.data + "/cloud.sqlite3", timeout=10)) as database, database:
        return database.execute(statement, values).rowcount


def stored(cloud):
    """Return all text in the tables of the page's sessions."""
    with closing(sqlite3.connect(cloud.data + "/cloud.sqlite3")) as database:
        rows = [row for table in ("page_codes", "page_sessions") for row in database.execute("SELECT * FROM " + table)]
    return json.dumps(rows)


def watch(web, session, origin=None):
    """Open the page's WebSocket, as `async with`."""
    offered = ["local-cloud", "page-key." + session["X_Page_Key"]]
    return connect(
        "ws://%s/local/v1/live" % web.address,
        additional_headers={"Cookie": session["Cookie"]},
        origin=origin or web.about["http"],
        subprotocols=offered,
        proxy=None,
    )


def test_the_address_that_serve_prints_works_once(cloud, visitor):
    code = re.fullmatch(re.escape(cloud.http) + r"/\?code=([\w-]{32})", cloud.page)[1]
    # To look at the address does not use it up: link previews do that.
    assert visitor.request("GET", "/?code=" + code).status == 200
    assert visitor.log_in(code).status == 201
    again = visitor.log_in(code)
    assert again.status == 401 and "local-cloud page prints a new address" in again.text
    assert "set-cookie" not in again.headers


def test_a_code_expires_after_a_day(cloud, visitor):
    code = visitor.new_code()
    assert change(cloud, "UPDATE page_codes SET expires_at = expires_at - ?", DAY_US) == 2
    assert visitor.log_in(code).status == 401
    assert visitor.log_in().status == 201


def test_a_code_is_taken_from_the_own_page_alone(web):
    code = web.new_code()
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}):
        assert web.log_in(code, **headers).status == 401, headers
    assert web.log_in(code).status == 201


def test_the_secrets_are_stored_as_hashes(cloud, visitor):
    code = visitor.new_code()
    unused, session = visitor.new_code(), visitor.session()
    text = stored(cloud)
    for secret in (code, unused, session["Cookie"].partition("=")[2], session["X_Page_Key"], cloud.page.partition("=")[2]):
        assert len(secret) >= 32 and secret not in text


def test_a_cookie_that_another_server_of_the_host_got_is_worthless_without_the_key(web):
    session, origin = web.session(), {"Origin": web.about["http"]}
    other = web.session()
    for key in ({}, {"X_Page_Key": ""}, {"X_Page_Key": "guess"}, {"X_Page_Key": other["X_Page_Key"]}):
        assert web.request("GET", "/local/v1/things", Cookie=session["Cookie"], **key, **origin).status == 401, key
    assert web.request("GET", "/local/v1/things", X_Page_Key=session["X_Page_Key"], **origin).status == 401
    assert web.request("GET", "/local/v1/things", **session, **origin).status == 200

    async def without_key():
        async with watch(web, {**session, "X_Page_Key": "guess"}):
            pass

    with pytest.raises(InvalidStatus):
        asyncio.run(without_key())


def test_a_session_is_no_token(web):
    session = web.session()
    for secret in (session["Cookie"].partition("=")[2], session["X_Page_Key"]):
        assert web.request("GET", "/local/v1/things", Authorization="Bearer " + secret).status == 401
        assert web.request("GET", "/iot/v2/things", Authorization="Bearer " + secret).status == 401
    assert web.request("GET", "/iot/v2/things", **session, Origin=web.about["http"]).status == 401


def test_the_cookie_of_before_is_not_taken(web):
    port = web.address.partition(":")[2]
    for name in ("local_cloud_" + port, web.session()["Cookie"].partition("=")[0]):
        cookie = "%s=%s" % (name, web.token)
        assert web.request("GET", "/local/v1/things", Cookie=cookie, X_Page_Key=web.token).status == 401
    assert web.request("GET", "/?token=" + web.token).status == 401


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_cookie_is_shut_as_far_as_the_scheme_allows(local_cloud, scheme):
    web = Web(local_cloud.about, scheme)
    cookie = web.log_in().headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    assert {"httponly", "samesite=strict", "path=/"} < {each.strip().lower() for each in rest.split(";")}
    assert "domain" not in rest.lower()
    assert name.startswith("__Host-local_cloud_") == ("secure" in rest.lower()) == (scheme == "https")
    assert web.request("GET", "/local/v1/things", **web.session()).status == 200


def test_two_clouds_give_their_cookies_two_names(web, visitor):
    assert web.session()["Cookie"].partition("=")[0] != visitor.session()["Cookie"].partition("=")[0]


def test_a_session_outlives_a_restart_and_ends_for_each_reason(tmp_path):
    cloud = LocalCloud(tmp_path / "data")
    try:
        session = Web(cloud.about).session()
        old, idle = Web(cloud.about).session(), Web(cloud.about).session()
    finally:
        cloud.stop()
    cloud = LocalCloud(tmp_path / "data")
    try:
        web = Web(cloud.about)

        def status(which):
            return web.request("GET", "/local/v1/sessions", **which).status

        assert status(session) == 200
        ids = [each["id"] for each in json.loads(web.request("GET", "/local/v1/sessions", **session).text)]
        assert len(ids) == 3
        with_cookie = "UPDATE page_sessions SET %s = %s - ? WHERE cookie_hash = ?"
        for which, column, days in ((idle, "last_used_at", 30), (old, "created_at", 180)):
            assert status(which) == 200
            assert change(cloud, with_cookie % (column, column), days * DAY_US, hash_of(which)) == 1
            assert status(which) == 401
        assert len(json.loads(web.request("GET", "/local/v1/sessions", **session).text)) == 1
    finally:
        cloud.stop()


def hash_of(session):
    return hashlib.sha256(session["Cookie"].partition("=")[2].encode()).hexdigest()


@pytest.mark.parametrize("way", ["log out", "by id", "all"])
def test_an_ended_session_is_shut_out_with_its_websocket(cloud, visitor, way):
    session, other, origin = visitor.session(), visitor.session(), {"Origin": cloud.http}

    async def end():
        async with watch(visitor, session) as socket:
            path = "/local/v1/session"
            if way != "log out":
                listed = json.loads(visitor.request("GET", "/local/v1/sessions", **session).text)
                (mine,) = [each["id"] for each in listed if each["is_this_one"]]
                path = "/local/v1/sessions" + ("/" + mine if way == "by id" else "")
            by = session if way == "log out" else other
            answer = await asyncio.to_thread(visitor.request, "DELETE", path, **by, **origin)
            assert answer.status == 200
            if way == "log out":
                assert "max-age=0" in answer.headers["set-cookie"].lower()
            with pytest.raises(ConnectionClosed):
                async with asyncio.timeout(WITHIN_S):
                    while True:
                        await socket.recv()

    asyncio.run(end())
    assert visitor.request("GET", "/local/v1/things", **session).status == 401
    assert visitor.request("GET", "/local/v1/things", **other).status == (401 if way == "all" else 200)


def test_ending_all_sessions_ends_the_codes_too(cloud, visitor):
    code = visitor.new_code()
    token = {"Authorization": "Bearer " + visitor.token}
    assert visitor.request("DELETE", "/local/v1/sessions", **token).status == 200
    assert visitor.log_in(code).status == 401


def test_there_are_never_more_sessions_than_anybody_needs(cloud, visitor):
    first = visitor.session()
    columns = "id, cookie_hash, key_hash, address, browser, created_at, last_used_at"
    for number in range(200):
        change(
            cloud,
            "INSERT INTO page_sessions (%s) SELECT ?, ?, key_hash, address, browser, created_at, last_used_at + 1"
            " FROM page_sessions LIMIT 1" % columns,
            "s%d" % number,
            "c%d" % number,
        )
    last = visitor.session()
    listed = json.loads(visitor.request("GET", "/local/v1/sessions", **last).text)
    assert len(listed) == 200
    assert visitor.request("GET", "/local/v1/things", **first).status == 401


def test_a_page_of_another_port_cannot_use_the_session(web):
    session, body = web.session(), {"value": True}
    for origin in ("http://127.0.0.1:1", "http://localhost:" + web.address.partition(":")[2], web.about["https"]):
        headers = {**session, "Origin": origin, "Content_Type": "application/json"}
        assert web.request("PUT", web.set_path(), body, **headers).status == 401, origin
    assert web.request("GET", "/local/v1/things", **session, Sec_Fetch_Site="same-site").status == 401
