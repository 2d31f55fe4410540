"""Sessions, keys, the token and the audit log with several workers: what one of them ends has ended at all."""

import asyncio
import json
import urllib.error
import urllib.request

import pytest
from localcloud.remote import RemoteCloud, RemoteError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

WITHIN_S = 10


@pytest.fixture
def two(start_fleet):
    """Two workers of a fleet of the test's own, as the local API at each (remote.RemoteCloud)."""
    fleet = start_fleet(workers=2)
    return [RemoteCloud(worker.about) for worker in fleet.workers], [worker.about for worker in fleet.workers]


def ask(about, method, path, body=None, **headers):
    """Return status, cookie and answer."""
    data = None if body is None else json.dumps(body).encode()
    named = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    request = urllib.request.Request(about["http"] + path, data, named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers["set-cookie"], json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None, None


def token_of(about, key):
    form = "grant_type=client_credentials&client_id=%s&client_secret=%s" % key
    with urllib.request.urlopen(about["token_url"], form.encode(), timeout=10) as answer:
        return {"Authorization": "Bearer " + json.load(answer)["access_token"]}


def test_a_session_is_good_at_each_worker_and_ends_at_each(two):
    apis, abouts = two
    code = abouts[0]["page"].partition("/?code=")[2]
    # The code that one worker prints is taken by the other.
    status, cookie, begun = ask(abouts[1], "POST", "/local/v1/session", {"code": code}, Origin=abouts[1]["http"])
    assert status == 201
    session = {"Cookie": cookie.partition(";")[0], "X_Page_Key": begun["key"]}
    assert [ask(about, "GET", "/local/v1/things", **session)[0] for about in abouts] == [200, 200]
    assert ask(abouts[0], "POST", "/local/v1/session", {"code": code}, Origin=abouts[0]["http"])[0] == 401

    async def end():
        address = "ws" + abouts[1]["http"].removeprefix("http") + "/local/v1/live"
        offered = ["local-cloud", "page-key." + begun["key"]]
        headers = {"Cookie": session["Cookie"]}
        async with connect(
            address, additional_headers=headers, origin=abouts[1]["http"], subprotocols=offered, proxy=None
        ) as socket:
            apis[0].request("DELETE", "/sessions/" + begun["id"])
            with pytest.raises(ConnectionClosed):
                async with asyncio.timeout(WITHIN_S):
                    while True:
                        await socket.recv()

    asyncio.run(end())
    assert [ask(about, "GET", "/local/v1/things", **session)[0] for about in abouts] == [401, 401]


def test_a_key_and_the_token_end_at_each_worker(two):
    apis, abouts = two
    made = apis[0].request("POST", "/users", {"name": "Anna"})
    token = token_of(abouts[0], (made["api_key_id"], made["api_key_secret"]))
    assert [ask(about, "GET", "/iot/v2/things", **token)[0] for about in abouts] == [200, 200]
    secret = apis[1].request("POST", "/keys/%s/rotate" % made["api_key_id"])["secret"]
    assert [ask(about, "GET", "/iot/v2/things", **token)[0] for about in abouts] == [401, 401]
    again = token_of(abouts[0], (made["api_key_id"], secret))
    assert [ask(about, "GET", "/iot/v2/things", **again)[0] for about in abouts] == [200, 200]

    new = apis[0].request("POST", "/token/rotate")["api_token"]
    for api, about in zip(apis, abouts):
        with pytest.raises(RemoteError):
            api.request("GET", "/things")
        assert RemoteCloud({**about, "api_token": new}).request("GET", "/things")


def test_all_workers_write_one_audit_log_and_devices_are_in_it(fleet, apis, device):
    made = [api.request("POST", "/things", {"name": "T"})["id"] for api in apis]
    for api in apis:
        api.request("GET", "/audit")
    found = {(each["action"], each["about"]) for each in apis[0].request("GET", "/audit?limit=1000")}
    assert {("thing created", "things " + id) for id in made} <= found
    connected = [each for each in apis[1].request("GET", "/audit?by=" + device.id) if each["action"] == "device connected"]
    assert [each["address"] for each in connected] == ["127.0.0.1"]
