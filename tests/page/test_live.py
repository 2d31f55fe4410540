"""The page between a person and a device on real MicroPython: what is lost, comes back, or is refused."""

import asyncio
import json
import socket
import time

import pytest
from browsing import Project, js
from local_clouds import LocalCloud
from localcloud.remote import RemoteCloud
from official_clients import python_client
from websockets.asyncio.client import connect

DEVICE = """
from arduino_iot_cloud import ArduinoCloudClient
client = ArduinoCloudClient(%(id)r, username=%(id)r, password=%(secret)r, server=%(host)r, port=%(port)d,
                            ssl_params={"cafile": %(ca)r})
client.register("level", value=10)
def write(client, on):
    print("pump", on)
    client["level"] = 75 if on else 25
client.register("pump", value=False, on_write=write)
client.start()
"""
GAUGE = "document.querySelector('.kind-gauge [role=meter]').ariaValueNow"


@pytest.fixture
def board(local_cloud):
    """A device for programs, as `board.id` and `board.program`."""
    about = local_cloud.about

    class Board:
        def __init__(self):
            made = RemoteCloud(about).request("POST", "/devices", {"name": "board"})
            self.id = made["id"]
            self.program = DEVICE % {
                "id": made["id"], "secret": made["secret"], "host": about["host"], "port": about["mqtts_port"],
                "ca": about["ca_der_file"],
            }  # fmt: skip

    return Board()


def test_a_click_moves_the_device_and_the_device_moves_the_gauge(browser, make_project, board, micropython):
    project = make_project(("pump", "STATUS"), ("level", "PERCENTAGE", "READ_ONLY"), device_id=board.id)
    widgets = project.widget("Switch", "pump"), project.widget("Gauge", "level")
    browser.open(project.about, "/dashboard/" + project.dashboard(*widgets))
    browser.wait("document.querySelectorAll('.badge:not([hidden])').length === 2")
    assert browser.evaluate("document.querySelector('.things').textContent") == "Greenhouse: offline"

    device = micropython(32).start(code=board.program, heap="72k")
    browser.wait("document.querySelector('.things').textContent === 'Greenhouse: online'", 60)
    assert browser.evaluate("document.querySelectorAll('.badge:not([hidden])').length") == 0
    browser.wait(GAUGE + " === '10'")
    browser.click("document.querySelector('.switch')")
    device.wait_for("^pump True")
    browser.wait(GAUGE + " === '75'")
    browser.click("document.querySelector('.switch')")
    device.wait_for("^pump False")
    browser.wait(GAUGE + " === '25'")

    device.kill()
    browser.wait("document.querySelector('.things').textContent === 'Greenhouse: offline'")
    assert browser.evaluate("document.querySelector('.badge').textContent") == "offline"


@pytest.fixture
def official():
    """The published Python client, logged in as the default user."""
    client = python_client()
    yield client
    client.stop()


def test_a_dashboard_that_the_official_client_makes_shows_at_once(browser, make_project, official):
    project = make_project(("a", "INT"))
    browser.open(project.about, "/")
    name = "Made at %d" % time.monotonic_ns()
    official.login(project.about)
    body = {"name": name, "widgets": [project.widget("Value", "a")]}
    id = official.call("DashboardsV2Api.dashboards_v2_create", body)["id"]
    link = "[...document.querySelectorAll('.cards a')].find((each) => each.textContent === %s)" % js(name)
    browser.wait(link)
    browser.evaluate(link + ".click()")
    browser.wait("document.querySelectorAll('.widget').length === 1")
    # An unfinished entry survives a change to another widget.
    browser.evaluate("document.querySelector('.widget input').focus()")
    browser.type("12")
    widgets = [{**project.widget("Switch", "a")}]
    shown = project.request("GET", "/v2/dashboards/" + id)["widgets"]
    kept = {key: shown[0][key] for key in ("id", "type", "name", "options", "x", "y", "width", "height")}
    project.request("PUT", "/v2/dashboards/" + id, {"name": "Other name", "widgets": [{**kept, "variables": [project.ids["a"]]}, *widgets]})
    browser.wait("document.querySelectorAll('.widget').length === 2")
    assert browser.evaluate("document.querySelector('h1').textContent") == "Other name"
    assert browser.evaluate("document.querySelector('.kind-value input').value") == "12"
    project.request("DELETE", "/v2/dashboards/" + id)
    browser.wait("document.querySelector('main').textContent.includes('does not exist')")


def test_a_value_is_shown_as_being_sent_until_the_cloud_has_it(browser, make_project):
    project = make_project(("on", "STATUS"))
    project.publish("on", False)
    browser.open(project.about, "/dashboard/" + project.dashboard(project.widget("Switch", "on")))
    browser.command("Fetch.enable", patterns=[{"urlPattern": "*/value"}])
    browser.click("document.querySelector('.switch')")
    paused = browser.paused_request()
    browser.wait("document.querySelector('.widget.sending[aria-busy]')")
    assert browser.evaluate("document.querySelector('.note').textContent") == "sending …"
    assert browser.evaluate("document.querySelector('.switch').checked") is True
    assert project.value("on") is False
    browser.command("Fetch.continueRequest", requestId=paused)
    browser.wait("!document.querySelector('.widget.sending') && !document.querySelector('[aria-busy]')")
    assert project.value("on") is True

    browser.click("document.querySelector('.switch')")
    browser.command("Fetch.failRequest", requestId=browser.paused_request(), errorReason="ConnectionFailed")
    browser.wait("document.querySelector('.refusal').textContent === 'Not set: the local cloud does not answer'")
    assert browser.evaluate("document.querySelector('.switch').checked") is True


def test_a_refused_value_shows_why_and_goes_back(browser, make_project):
    project = make_project(("level", "INT", "READ_WRITE", {"min_value": 0, "max_value": 10}))
    project.publish("level", 4)
    widget = project.widget("Slider", "level", options={"min": 0, "max": 99})
    browser.open(project.about, "/dashboard/" + project.dashboard(widget))
    set_to = "((input) => {input.value = %d; input.dispatchEvent(new Event('input'))})(document.querySelector('[type=range]'))"
    browser.evaluate(set_to % 50)
    browser.wait("document.querySelector('.refusal[role=alert]:not([hidden])')?.textContent.includes('above the variable')")
    assert browser.evaluate("document.querySelector('[type=range]').value") == "4"
    browser.evaluate(set_to % 7)
    browser.wait("document.querySelector('.refusal').hidden")
    project.wait_value("level", 7)


def test_the_page_comes_back_after_a_restart_and_fetches_what_it_missed(browser, tmp_path):
    ports = ["--http-port", free_port()]
    cloud = LocalCloud(tmp_path / "data", *ports)
    project = Project(cloud.about, ("level", "FLOAT"), ("talk", "CHARSTRING"))
    widgets = [project.widget(kind, "level") for kind in ("Value", "Chart")] + [project.widget("Messenger", "talk")]
    try:
        project.publish("level", 1)
        browser.open(cloud.about, "/dashboard/" + project.dashboard(*widgets))
        browser.wait("document.querySelector('.kind-chart .chart-box').dataset.points === '1'")
        cloud.stop()
        browser.wait("document.querySelector('#connection.bad') && document.body.classList.contains('stale')")
        assert "connection to the local cloud was lost" in browser.evaluate("document.querySelector('#lost').textContent")
        # Values that come while the page is away. The cloud has another port then, so the page cannot return too early.
        cloud = LocalCloud(tmp_path / "data")
        away = Project(cloud.about, ("x", "INT"))
        for name, value in (("level", 2), ("level", 3), ("talk", "missed")):
            away.request("PUT", project.path(name) + "/publish", {"value": value})
        cloud.stop()
        assert browser.evaluate("document.querySelector('.kind-value .value').textContent") == "1"
        cloud = LocalCloud(tmp_path / "data", *ports)
        browser.wait("document.querySelector('#connection.good') && document.querySelector('#lost').hidden", 60)
        browser.wait("document.querySelector('.kind-value .value').textContent === '3'")
        browser.wait("document.querySelector('.kind-chart .chart-box').dataset.points === '3'")
        browser.wait("document.querySelector('.messages').textContent.includes('missed')")
    finally:
        cloud.stop()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def test_a_browser_without_the_token_is_told_what_to_do(browser, local_cloud):
    browser.command("Network.clearBrowserCookies")
    browser.command("Page.navigate", url=local_cloud.http + "/")
    browser.wait("document.querySelector('#lost')?.textContent.startsWith('Open the address')")
    assert browser.evaluate("document.querySelector('main').children.length") == 0


def test_the_feed_says_once_that_a_device_is_there(local_cloud, board, micropython):
    cloud = RemoteCloud(local_cloud.about)

    async def watch():
        heard = []
        async with cloud.live() as events, asyncio.timeout(60):
            device = micropython(64).start(code=board.program)
            async for event in events:
                if event.get("device_id") != board.id:
                    continue
                heard.append(event["online"])
                if not event["online"]:
                    return heard
                while (await cloud.device(board.id))["lib_version"] is None:  # reported after the connection
                    await asyncio.sleep(0.02)
                device.kill()

    assert asyncio.run(watch()) == [True, False]


def test_the_feed_says_that_it_is_alive_to_who_asks_for_it(local_cloud):
    about = local_cloud.about
    address = about["http"].replace("http", "ws") + "/local/v1/live?alive=0.2"

    async def watch():
        headers = {"Authorization": "Bearer " + about["api_token"]}
        async with connect(address, additional_headers=headers, proxy=None) as live, asyncio.timeout(10):
            for _ in range(2):
                while json.loads(await live.recv()) != {"event": "alive"}:
                    pass  # another test's device, perhaps

    asyncio.run(watch())


def test_the_order_of_values_decides_which_is_shown_not_their_times(browser, make_project):
    browser.open(make_project(("level", "INT")).about, "/")
    facts = {"id": "v", "name": "v", "type": "INT", "permission": "READ_WRITE", "value": 1, "time_us": 5_000_000}
    later = {"value": 2, "time_us": 1_000_000, "number": 2, "is_last": True}
    late = {"value": 3, "time_us": 8_000_000, "number": 2, "is_last": False}
    overtaken = {**facts, "time_us": 9_000_000}
    browser.evaluate(
        """import("/page/js/variable.js").then(({ Variable }) => {
          const variable = new Variable({ ...%s, number: 1 }, { id: "t" });
          variable.take(%s);
          variable.take(%s);
          variable.update({ ...%s, number: 1 });
          window.found = variable.shown;
        })"""
        % tuple(map(js, (facts, later, late, overtaken)))
    )
    browser.wait("window.found !== undefined")
    assert browser.evaluate("window.found") == 2
