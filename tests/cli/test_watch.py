"""`watch` shows what a device reports and what others set."""

import json

import cbor2
import paho.mqtt.client as mqtt
import pytest
from localcloud.cli.values.query import Selected
from localcloud.cli.watch import Values


@pytest.fixture
def report(cloud):
    """`report(name, value)`: the cloud's default device publishes a value, by paho-mqtt."""
    connected = []
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=cloud.device_id)
    client.username_pw_set(cloud.device_id, cloud.secret)
    client.on_connect = lambda *_: connected.append(1)
    client.connect(cloud.host, cloud.mqtt_port)
    client.loop_start()

    def publish(name, value):
        payload = cbor2.dumps([{0: name, 3 if isinstance(value, str) else 2: value}])
        client.publish("/a/t/%s/e/o" % cloud.thing_id, payload, qos=1).wait_for_publish(10)

    yield publish
    client.disconnect()
    client.loop_stop()


def test_what_a_device_reports_is_a_line_of_json_at_once(command, cloud, report):
    report("clk", "before")
    watching = command.start("watch", "My thing/clk", "--json", "--every", "600", "--data", cloud.data)
    watching.wait_for('"value": "before"')
    # The first value was fetched. All others come over MQTT, once the subscription exists.
    for n in range(100):
        report("clk", "after %d" % n)
        if "after" in watching.stdout:
            break
        watching.ended_within(0.1)
    line = json.loads(watching.wait_for(r"^.*after.*$").group(0))
    assert (line["thing"], line["thing_id"], line["property"]) == ("My thing", cloud.thing_id, "clk")
    assert line["time"].endswith("Z")
    watching.signal(2)
    finished = watching.wait()
    assert finished.returncode == 0 and "Traceback" not in finished.stderr


def test_what_others_set_appears_too_and_the_count_ends_it(command, cloud, account, thing, name):
    made = thing(("led", "STATUS"), ("dim", "HOME_DIMMED_LIGHT"))
    path = "things/%s/properties/%s/publish"
    ids = {each["name"]: each["id"] for each in made["properties"]}
    account("PUT", path % (made["id"], ids["led"]), {"value": False})
    watching = command.start("watch", name + "/*", "--every", "1", "--count", "3", "--data", cloud.data)
    watching.wait_for("\t%s\tled\tfalse$" % name)
    account("PUT", path % (made["id"], ids["led"]), {"value": True})
    watching.wait_for("\t%s\tled\ttrue$" % name)
    account("PUT", path % (made["id"], ids["dim"]), {"value": {"swi": True, "bri": 7}})
    finished = watching.wait()
    assert finished.returncode == 0
    lines = [line.split("\t")[1:] for line in finished.stdout.splitlines()]
    assert lines[:2] == [[name, "led", "false"], [name, "led", "true"]]
    assert lines[2][1] == "dim" and json.loads(lines[2][2]) == {"swi": True, "bri": 7}


def test_a_cloud_given_by_its_address_is_asked(command, proxy, account, thing, name):
    made = thing(("n", "INT"))
    watching = command.start(
        "watch", name, "--json", "--every", "1", "--count", "1", "--url", proxy.url, **command.key()
    )
    publish = "things/%s/properties/%s/publish" % (made["id"], made["properties"][0]["id"])
    account("PUT", publish, {"value": 7})
    assert json.loads(watching.wait().stdout)["value"] == 7
    assert {path.split("?")[0] for _, path in proxy.requests} == {"/iot/v1/clients/token", "/iot/v2/things"}


def test_the_time_ends_it(command, thing, name):
    thing(("n", "INT"))
    assert command.local("watch", name, "--seconds", "1").stdout == ""
    assert "no thing with properties matches" in command.local("watch", "no such thing " + name, code=1).stderr


LED = Selected("Thing", "led", "v", "STATUS", "t")


def polled(value, at):
    return [{"properties": [{"id": "v", "last_value": value, "value_updated_at": "2026-01-01T%s:00Z" % at}]}]


@pytest.fixture
def watched():
    """Values, with the list `shown`."""
    values = Values([LED], lambda variable, value, time: values.shown.append(value), None)
    values.shown = []
    return values


def test_a_polled_value_is_new_though_the_clouds_clock_was_set_back(watched):
    for value, at in ((1, "12:00"), (1, "12:00"), (2, "10:00"), (2, "10:00"), (2, "10:01")):
        watched.ask()
        watched.polled(polled(value, at))
    assert watched.shown == [1, 2, 2]


def test_a_value_that_came_over_mqtt_is_not_shown_again_when_it_is_polled(watched):
    watched.polled(polled(1, "12:00"))
    watched.reported(LED, 2)
    watched.ask()
    watched.polled(polled(2, "03:00"))
    watched.ask()
    watched.polled(polled(1, "03:01"))
    assert watched.shown == [1, 2, 1]


def test_a_poll_that_a_report_overtakes_does_not_count(watched):
    watched.polled(polled(1, "12:00"))
    watched.ask()
    watched.reported(LED, 2)
    watched.polled(polled(1, "12:01"))
    watched.ask()
    watched.polled(polled(2, "12:02"))
    assert watched.shown == [1, 2]
