"""`local-cloud page`, sessions, users, keys, token and audit: who may do what at a local cloud."""

import json
import os
import re
import stat
import urllib.error
import urllib.request

import pytest
from local_clouds import LocalCloud
from localcloud.remote import RemoteCloud, RemoteError


@pytest.fixture
def own(tmp_path):
    """A cloud of the test's own, and its data folder as options."""
    cloud = LocalCloud(tmp_path / "data")
    yield cloud
    cloud.stop()


@pytest.fixture
def run(own, command):
    """`run(*words, code=0)` runs the command for the test's own cloud and returns what it printed on stdout."""

    def run(*words, code=0):
        done = command(*words, "--data", own.data, code=code)
        return done.stderr if code else done.stdout

    return run


def log_in(address):
    """Open an address of the page as a browser does, and return whether it gave a session."""
    base, _, code = address.partition("/?code=")
    headers = {"Origin": base, "Content-Type": "application/json"}
    request = urllib.request.Request(base + "/local/v1/session", json.dumps({"code": code}).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return "key" in json.load(answer)
    except urllib.error.HTTPError as error:
        assert error.code == 401
        return False


def test_page_prints_an_address_that_works_once(own, run):
    first, second = run("page").strip(), json.loads(run("page", "--json"))[0]
    assert first != second != own.page
    assert [log_in(each) for each in (first, first, second)] == [True, False, True]


def test_sessions_are_listed_and_ended(own, run):
    for _ in range(3):
        assert log_in(run("page").strip())
    listed = json.loads(run("sessions", "list", "--json"))
    assert len(listed) == 3 and not any("hash" in name for name in listed[0])
    assert run("sessions", "list").count("127.0.0.1") == 3
    run("sessions", "end", listed[0]["id"])
    assert "no such session" in run("sessions", "end", listed[0]["id"], code=1)
    assert run("sessions", "end", "--all") == "2 sessions ended\n"
    assert json.loads(run("sessions", "list", "--json")) == []
    run("sessions", "end", code=2)


def test_users_and_keys_come_and_go(own, run, tmp_path):
    made = run("users", "create", "Anna", "--output", tmp_path / "anna.yaml")
    assert stat.S_IMODE(os.stat(tmp_path / "anna.yaml").st_mode) == 0o600
    key, secret = re.fullmatch(r"client: (\S+)\nsecret: (\S{40})\n", (tmp_path / "anna.yaml").read_text()).groups()
    assert secret not in made
    assert "exists" in run("users", "create", "Anna", "--output", tmp_path / "anna.yaml", code=2)
    assert "a user with this name exists" in run("users", "create", "Anna", code=1)
    second = re.fullmatch(r"client: (\S+)\nsecret: (\S{40})\n", run("keys", "create", "Anna", "--name", "laptop"))
    assert [each["name"] for each in json.loads(run("keys", "list", "--json"))] == ["Default key", "Anna", "laptop"]
    assert "laptop" in run("keys", "list")
    rotated = run("keys", "rotate", key)
    assert rotated.startswith("client: %s\n" % key) and secret not in rotated
    run("keys", "delete", second[1])
    run("keys", "delete", second[1], code=1)
    assert "Anna" in run("users", "list")
    RemoteCloud(own.about).request("POST", "/things", {"name": "Hall", "user_id": user_id(run)})
    assert "the user has 1 thing" in run("users", "delete", "Anna", code=1)
    run("users", "delete", "Anna", "--with-everything")
    assert len(json.loads(run("users", "list", "--json"))) == 1


def user_id(run):
    return next(each["id"] for each in json.loads(run("users", "list", "--json")) if each["name"] == "Anna")


def test_commands_go_on_after_the_default_key_and_the_token_were_replaced(own, run):
    run("keys", "rotate", "default")
    run("devices", "list")
    assert own.api_token not in run("token", "rotate")
    with pytest.raises(RemoteError):
        RemoteCloud(own.about).request("GET", "/things")
    run("users", "list")
    by = [(each["action"], each["by"]) for each in json.loads(run("audit", "--json"))]
    assert ("key got a new secret", "command line") in by and ("token got a new secret", "command line") in by


def test_the_token_of_a_stopped_cloud_is_replaced_too(own, run):
    own.stop()
    run("token", "rotate")
    assert "no local cloud runs with its data in" in run("audit", code=1)
    again = LocalCloud(own.data)
    try:
        assert again.api_token != own.api_token
        assert "token got a new secret" in run("audit")
    finally:
        again.stop()


def test_token_rotate_makes_nothing_where_no_cloud_was(command, tmp_path):
    refused = command("token", "rotate", "--data", tmp_path / "nothing", code=1)
    assert "expected the data folder of a local cloud" in refused.stderr
    assert not (tmp_path / "nothing").exists()


def test_the_audit_log_is_read_by_time_and_name(own, run):
    api = RemoteCloud(own.about)
    for number in range(3):
        api.request("POST", "/things", {"name": "T%d" % number})
    run("users", "create", "Anna")
    lines = run("audit").splitlines()
    assert "thing created" in lines[1] and "user created" in lines[-1] and "command line" in lines[-1]
    by = json.loads(run("audit", "--by", "program", "--count", "2", "--json"))
    assert [each["action"] for each in by] == ["thing created"] * 2
    assert json.loads(run("audit", "--since", "2100-01-01", "--json")) == []
    assert len(json.loads(run("audit", "--since", "1h", "--json"))) == 4
    run("audit", "--since", "yesterdayish", code=2)
