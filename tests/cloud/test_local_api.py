"""The local API and the page: who may use them, what they refuse, what they show live."""

import asyncio
import json

import pytest
from localcloud.remote import RemoteCloud, RemoteError
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus


def test_the_api_demands_its_token(web):
    for path in ("/local/v1/things", "/local/v1/devices", "/local/v1/status"):
        assert web.request("GET", path).status == 401
        assert web.request("GET", path, Authorization="Bearer wrong").status == 401
        assert web.request("GET", path, Authorization="Bearer " + web.token).status == 200


def test_a_foreign_host_name_is_refused(web):
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "127.0.0.1"):
        answer = web.request("GET", "/local/v1/things", Authorization="Bearer " + web.token, Host=host)
        assert answer.status == 421, host
        assert web.request("GET", "/", Host=host).status == 421


def test_a_session_changes_nothing_without_our_own_origin(web):
    session, body = web.session(), {"value": True}
    for headers in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        assert (
            web.request(
                "PUT", web.set_path(), body, Content_Type="application/json", **session, **headers
            ).status
            == 401
        )
    headers = {"Origin": web.about["http"]}
    assert (
        web.request(
            "PUT", web.set_path(), body, Content_Type="application/json", **session, **headers
        ).status
        == 200
    )


def test_oversized_and_odd_bodies_are_refused(web):
    headers = {"Authorization": "Bearer " + web.token, "Content_Type": "application/json"}
    assert web.request("PUT", web.set_path(), {"value": "x" * 100_000}, **headers).status == 413
    for body in ([], {"value": 1, "more": 2}, {}, {"value": {}}, {"value": [1]}, {"value": None}):
        assert web.request("PUT", web.set_path(), body, **headers).status in (400, 422), body


def test_pages_are_served_and_nothing_beside_them(web):
    for path in ("/", "/page/js/main.js", "/page/css/base.css", "/page/icon.svg", "/page/vendor/uplot/uplot.js"):
        answer = web.request("GET", path)
        assert answer.status == 200 and "default-src 'self'" in answer.headers["content-security-policy"]
    for path in ("/page/../cli.py", "/page/%2e%2e/cli.py", "/page/..%2fcli.py", "/docs/assets/../api.py", "/openapi.json"):
        assert web.request("GET", path).status == 404, path


def test_a_read_only_variable_is_not_set_from_the_cloud(api, device):
    with pytest.raises(RemoteError) as refusal:
        api.set_value("temperature", 5, device.thing_id)
    assert refusal.value.status == 400 and "read-only" in str(refusal.value)


@pytest.mark.parametrize(
    "path, body, status",
    [
        ("/things/nothing/variables", {"name": "a", "type": "INT"}, 404),
        ("/things/%(thing_id)s/variables", {"name": "a", "type": "NOTHING"}, 400),
        ("/things/%(thing_id)s/variables", {"name": "count", "type": "INT"}, 400),
        ("/things/%(thing_id)s/variables", {"name": "a", "type": "INT", "variable_name": "1a"}, 400),
        ("/things/%(thing_id)s/variables", {"name": "a", "type": "INT", "permission": "WRITE"}, 400),
        ("/things", {"name": "x", "timezone": "../etc"}, 400),
        ("/things", {"name": "x", "device_id": "nobody"}, 404),
        ("/things", {"name": "x", "variables": [{"name": "a", "type": "NOTHING"}]}, 400),
        ("/things", {"name": ""}, 400),
        ("/devices", {"name": "<b>"}, 400),
        ("/devices", {"name": "x", "id": "../x"}, 400),
    ],
)
def test_requests_that_make_no_sense_are_refused(api, project, path, body, status):
    with pytest.raises(RemoteError) as refusal:
        api.request("POST", path % project, body)
    assert refusal.value.status == status


def test_the_limits_of_a_variable_bind_the_cloud(api, project):
    limited = {"name": "Dimmer 1", "type": "PERCENTAGE", "min_value": 10, "max_value": 90}
    made = api.request("POST", "/things/%s/variables" % project["thing_id"], limited)
    assert made["variable_name"] == "dimmer_1"
    api.set_value("dimmer_1", 90, project["thing_id"])
    for value in (9, 91):
        with pytest.raises(RemoteError):
            api.set_value("dimmer_1", value, project["thing_id"])


def test_a_secret_is_told_once(api, project):
    shown = json.dumps(api.request("GET", "/devices/" + project["device_id"]))
    assert project["secret"] not in shown and "hash" not in shown


async def next_event(events, **wanted):
    async with asyncio.timeout(10):
        async for event in events:
            if all(event.get(name) == value for name, value in wanted.items()):
                return event
    raise AssertionError("the events ended")


def test_watchers_see_devices_come_values_move_and_devices_go(project, make_device):
    async def watch():
        cloud = RemoteCloud(project)
        async with cloud.live() as events:
            device = make_device(project)
            await asyncio.to_thread(device.connect)
            await next_event(events, event="device", device_id=device.id, online=True)
            await asyncio.to_thread(device.publish_records, [{0: "temperature", 2: 21.5}])
            event = await next_event(events, event="value", thing_id=device.thing_id)
            assert (event["variable_name"], event["value"], event["source"]) == (
                "temperature",
                21.5,
                "device",
            )
            await cloud.set_value(device.thing_id, "led", True)
            event = await next_event(events, event="value", thing_id=device.thing_id)
            assert (event["variable_name"], event["value"], event["source"]) == ("led", True, "cloud")
            await asyncio.to_thread(device.close)
            await next_event(events, event="device", device_id=device.id, online=False)

    asyncio.run(watch())


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
def test_watching_demands_the_token(web, headers):
    async def watch():
        async with connect("ws://%s/local/v1/live" % web.address, additional_headers=headers, proxy=None):
            pass

    with pytest.raises(InvalidStatus):
        asyncio.run(watch())


def test_watching_with_a_session_demands_our_own_origin(web):
    session = web.session()

    async def watch(origin):
        address, cookie = "ws://%s/local/v1/live" % web.address, {"Cookie": session["Cookie"]}
        offered = ["local-cloud", "page-key." + session["X_Page_Key"]]
        async with connect(address, additional_headers=cookie, origin=origin, subprotocols=offered, proxy=None) as socket:
            assert socket.subprotocol == "local-cloud"

    asyncio.run(watch(web.about["http"]))
    for origin in (None, "http://evil.example"):
        with pytest.raises(InvalidStatus):
            asyncio.run(watch(origin))


def test_the_python_interface_makes_a_whole_project(local_cloud):
    async def make():
        cloud = RemoteCloud(local_cloud.about)
        device = await cloud.create_device("Weather station")
        thing = await cloud.create_thing("Weather", device_id=device["id"], timezone="Europe/Rome")
        await cloud.create_variable(thing["id"], "level", "INT", min_value=0, max_value=10)
        await cloud.set_value(thing["id"], "level", 4)
        assert (await cloud.variable(thing["id"], "level"))["value"] == 4
        assert [each["value"] for each in await cloud.history(thing["id"], "level", limit=5)] == [4]
        assert (await cloud.device(device["id"]))["thing_id"] == thing["id"]
        await cloud.detach(thing["id"])
        assert (await cloud.device(device["id"]))["thing_id"] is None
        await cloud.attach(thing["id"], device["id"])
        assert thing["id"] in [each["id"] for each in await cloud.things()]
        assert device["id"] in [each["id"] for each in await cloud.devices()]

    asyncio.run(make())
