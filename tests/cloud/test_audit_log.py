"""The audit log: who logged in, was refused, changed or deleted something, and from where. It is bounded."""

import asyncio
import json
import sqlite3
from contextlib import closing

import pytest
from local_clouds import LocalCloud
from localcloud import audit
from localcloud.audit import Audit
from localcloud.audit_notes import leave_note
from localcloud.remote import RemoteCloud, RemoteError
from localcloud.store.database import Store
from visitor import Web, ask_token


def entries(cloud):
    """Return (action, by, address, about) of all entries, the oldest first."""
    found = RemoteCloud(cloud.about).request("GET", "/audit?limit=1000")
    return [(each["action"], each["by"], each["address"], each["about"]) for each in reversed(found)]


def test_it_says_who_did_what_from_where(cloud, make_device):
    web = Web(cloud.about)
    form = {"client_id": cloud.api_key_id, "client_secret": cloud.api_key_secret, "grant_type": "client_credentials"}
    token = ask_token(cloud.about, **form)[1]["access_token"]
    assert make_device(cloud.about).connect() == "Success"
    assert make_device(cloud.about, device_id=cloud.user_id, secret=token).connect() == "Success"
    assert make_device(cloud.about, secret="wrong").connect() == "Not authorized"
    assert ask_token(cloud.about, **{**form, "client_secret": "wrong"})[0] == 401
    assert web.request("GET", "/local/v1/things", Authorization="Bearer wrong").status == 401
    assert web.log_in("wrong").status == 401
    session = web.session()
    page = next(by for action, by, _, _ in entries(cloud) if action == "page logged in")
    user = {"Authorization": "Bearer " + token, "Content_Type": "application/json"}
    thing = json.loads(web.request("PUT", "/iot/v2/things", {"name": "Hall"}, **user).text)["id"]
    assert web.request("POST", "/iot/v2/things/" + thing, {"name": "Hall 2"}, **user).status == 200
    assert web.request("DELETE", "/iot/v2/things/" + thing, **user).status == 200
    assert web.request("DELETE", "/iot/v2/things/" + thing, **user).status == 404
    value = {**session, "Origin": cloud.http, "Content_Type": "application/json"}
    assert web.request("PUT", web.set_path(), {"value": True}, **value).status == 200
    made = json.loads(web.request("POST", "/local/v1/users", {"name": "Anna"}, **value).text)
    program = {"Authorization": "Bearer " + cloud.api_token}
    assert web.request("DELETE", "/local/v1/users/" + made["id"], **program).status == 200
    command = {**program, "User_Agent": "local-cloud"}
    assert web.request("POST", "/local/v1/keys/%s/rotate" % cloud.api_key_id, **command).status == 200

    found = entries(cloud)
    assert {address for _, _, address, _ in found} == {"127.0.0.1"}
    by_user = "user " + cloud.user_id
    for expected in (
        ("token given", by_user, "key " + cloud.api_key_id),
        ("device connected", "device " + cloud.device_id, ""),
        ("user connected", by_user, ""),
        ("thing created", by_user, "things " + thing),
        ("thing changed", by_user, "things " + thing),
        ("thing deleted", by_user, "things " + thing),
        ("user created", page, "users " + made["id"]),
        ("user deleted", "program with the token", "users " + made["id"]),
        ("key got a new secret", "command line", "keys %s rotate" % cloud.api_key_id),
    ):
        assert [(action, by, about) for action, by, _, about in found].count(expected) == 1, (expected, found)
    refused = [action for action, _, _, _ in found if action.endswith("refused")]
    assert len(refused) == 4 and len(set(refused)) == 4, refused
    assert not any("value" in action or "led" in about for action, _, _, about in found)


def test_a_refused_certificate_is_in_it(cloud, make_device):
    assert make_device(cloud.about, port="mtls_port", client_id="another").connect() == "Client identifier not valid"
    found = [(action, by, about) for action, by, _, about in entries(cloud)]
    assert ("device refused", "device " + cloud.device_id, "the client identifier is another one") in found


def test_no_secret_is_in_it(cloud, make_device):
    web = Web(cloud.about)
    session = web.session()
    code, wrong = web.new_code(), "a-secret-that-was-mistyped-0123456789"
    form = {"client_id": cloud.api_key_id, "client_secret": cloud.api_key_secret, "grant_type": "client_credentials"}
    token = ask_token(cloud.about, **form)[1]["access_token"]
    ask_token(cloud.about, **{**form, "client_secret": wrong})
    make_device(cloud.about, secret=wrong).connect()
    make_device(cloud.about).connect()
    web.log_in(wrong)
    web.request("GET", "/local/v1/things", Authorization="Bearer " + wrong)
    api = RemoteCloud(cloud.about)
    rotated = api.request("POST", "/keys/%s/rotate" % cloud.api_key_id)["secret"]
    made = api.request("POST", "/users", {"name": "Anna"})
    new_token = api.request("POST", "/token/rotate")["api_token"]
    RemoteCloud({**cloud.about, "api_token": new_token}).request("GET", "/audit")
    with closing(sqlite3.connect(cloud.data + "/cloud.sqlite3")) as database:
        text = json.dumps(list(database.execute("SELECT * FROM audit_entries")))
    assert "got a new secret" in text and "refused" in text
    secrets = [session["X_Page_Key"], session["Cookie"].partition("=")[2], code, wrong, token, rotated, new_token]
    secrets += [cloud.secret, cloud.api_key_secret, cloud.api_token, made["api_key_secret"]]
    for secret in secrets:
        assert secret not in text


def test_it_is_read_page_by_page_and_by_name_and_time(cloud):
    api = RemoteCloud(cloud.about)
    things = [api.request("POST", "/things", {"name": "T%d" % n})["id"] for n in range(5)]
    Web(cloud.about).session()
    newest = api.request("GET", "/audit?limit=4")
    rest = api.request("GET", "/audit?limit=1000&before_id=%d" % newest[-1]["id"])
    both = [each["id"] for each in newest + rest]
    assert len(newest) == 4 and both == sorted(both, reverse=True)
    about = [each["about"].split()[-1] for each in api.request("GET", "/audit?by=program") if each["action"] == "thing created"]
    assert about == things[::-1]
    assert api.request("GET", "/audit?by=%25") == []
    with pytest.raises(RemoteError):
        api.request("GET", "/audit?by=%00")
    since = newest[1]["time_us"]
    assert all(each["time_us"] >= since for each in api.request("GET", "/audit?since_us=%d" % since))


def test_notes_that_commands_left_are_taken_at_the_next_start(tmp_path):
    LocalCloud(tmp_path).stop()
    leave_note(tmp_path, "token got a new secret")
    with open(tmp_path / "audit-notes.jsonl", "a") as file:
        file.write("garbage\n[1]\n")
    cloud = LocalCloud(tmp_path)
    try:
        assert ("token got a new secret", "command line", "", "") in entries(cloud)
        assert not (tmp_path / "audit-notes.jsonl").exists()
    finally:
        cloud.stop()


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def run_audit(tmp_path):
    """`run_audit(work)` runs `await work(audit, clock)` with a store, and returns all rows, the oldest first."""

    def run(work):
        async def whole():
            store = Store("sqlite:///%s" % (tmp_path / "store.sqlite3"))
            await store.open()
            clock = Clock()
            log = Audit(store, clock)
            await work(log, clock)
            await log.close()
            await store.close()

        asyncio.run(whole())
        with closing(sqlite3.connect(tmp_path / "store.sqlite3")) as database:
            return list(database.execute('SELECT action, "by", times FROM audit_entries ORDER BY id'))

    return run


def test_what_happens_again_and_again_becomes_an_entry_now_and_then(run_audit):
    async def reconnect(log, clock):
        # A device that reconnects each second for a day.
        for _ in range(24 * 3600):
            clock.now += 1
            log.note("device connected", by="device D", address="1.2.3.4")
        log.note("device connected", by="device E", address="1.2.3.4")

    rows = run_audit(reconnect)
    assert len(rows) < 40
    assert sum(times or 1 for _, by, times in rows if by == "device D") == 24 * 3600
    assert ("device connected", "device E", None) in rows


def test_a_flood_of_log_ins_pushes_out_no_change(run_audit, monkeypatch):
    monkeypatch.setattr(audit, "MOST_CHANGES", 300)
    monkeypatch.setattr(audit, "MOST_LOG_INS", 100)
    monkeypatch.setattr(audit, "_PRUNE_EVERY", 10)

    async def flood(log, clock):
        log.note("user deleted", by="page P", address="1.2.3.4")
        for number in range(50):
            for each in range(100):
                log.note("device refused", by="device %d" % (100 * number + each), address="1.2.3.4")
            clock.now += 60
            await log.flush()

    rows = run_audit(flood)
    assert rows[0][0] == "user deleted"
    assert len(rows) <= 1 + 100 + 100


def test_a_flood_within_a_minute_is_counted_not_kept(run_audit):
    async def flood(log, clock):
        for number in range(20_000):
            log.note("device refused", by="device %d" % number, address="1.2.3.4")
        log.note("thing deleted", by="page P", address="1.2.3.4")

    rows = run_audit(flood)
    assert len(rows) == 2002
    assert ("thing deleted", "page P", None) in rows and "18000 log-ins and refusals left out" in rows[-1][0]


def test_entries_wait_while_the_store_takes_none(run_audit, monkeypatch, caplog):
    async def work(log, clock):
        write, fails = log._store.write, True

        async def sometimes(change):
            if fails:
                raise OSError("no room")
            return await write(change)

        monkeypatch.setattr(log._store, "write", sometimes)
        for number in range(3):
            log.note("thing deleted", by="page P", address="", about="things %d" % number)
            await log.flush()
        fails = False

    assert len(run_audit(work)) == 3
    assert caplog.text.count("cannot be written") == 1
