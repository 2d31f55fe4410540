"""A device's life with the cloud: discovery, values in both directions, last values, attachment."""

import time

import cbor2
import pytest
from localcloud.protocol import commands

LISTENERS = ["mqtt_port", "mqtts_port", "mtls_port", "ws_port", "wss_port"]


@pytest.mark.parametrize("port", LISTENERS)
def test_a_device_is_told_its_thing_on_every_listener(local_cloud, make_device, port):
    device = make_device(local_cloud.about, port=port)
    assert device.connect() == "Success"
    assert device.subscribe(device.device_topic("e/i")) == 1
    assert device.records() == (device.device_topic("e/i"), [{0: "thing_id", 3: local_cloud.thing_id}])


def test_subscribing_again_announces_the_thing_again(device):
    for _ in range(2):
        device.subscribe(device.device_topic("e/i"))
        assert device.records()[1] == [{0: "thing_id", 3: device.thing_id}]
    device.unsubscribe(device.device_topic("e/i"))
    device.subscribe(device.device_topic("e/i"))
    assert device.records()[1] == [{0: "thing_id", 3: device.thing_id}]


def test_discovery_by_commands(device):
    device.subscribe(device.device_topic("c/dw"))
    device.publish(device.device_topic("c/up"), commands.encode(commands.THING_BEGIN, ""))
    assert device.command() == (commands.THING_UPDATE, (device.thing_id,))


def test_a_device_without_thing_is_told_so_both_ways(api, make_device):
    device = make_device(api.make_project(attached=False))
    device.connect()
    device.subscribe(device.device_topic("e/i"))
    assert device.records()[1] == [{0: "thing_id", 3: ""}]
    device.subscribe(device.device_topic("c/dw"))
    device.publish(device.device_topic("c/up"), commands.encode(commands.THING_BEGIN, ""))
    assert device.command() == (commands.THING_UPDATE, ("",))


def test_published_values_are_stored_when_acknowledged(api, device):
    device.publish_records(
        [
            {0: "count", 2: 7},
            {0: "temperature", 2: 21.25},
            {0: "text", 3: "hello"},
            {0: "led", 4: True},
            {0: "light:swi", 4: True},
            {0: "light:hue", 2: 120},
            {0: "light:sat", 2: 50.5},
            {0: "light:bri", 2: 75},
        ]
    )
    values = {
        each["variable_name"]: each["value"]
        for each in api.request("GET", "/things/" + device.thing_id)["variables"]
    }
    assert values == {
        "count": 7,
        "temperature": 21.25,
        "text": "hello",
        "led": True,
        "light": {"swi": True, "hue": 120.0, "sat": 50.5, "bri": 75.0},
    }


def test_history_holds_every_value_in_order(api, device):
    for number in range(50):
        device.client.publish(device.thing_topic("e/o"), cbor2.dumps([{0: "count", 2: number}]), 1)
    device.publish_records([{0: "count", 2: 50}])
    device.wait_pubacks(50)
    history = api.history("count", device.thing_id)
    assert [each["value"] for each in history] == list(range(51))
    assert [each["time_us"] for each in history] == sorted(each["time_us"] for each in history)


def test_older_samples_enter_the_history_and_leave_the_last_value(api, device):
    now = int(time.time())
    device.publish_records([{0: "count", 2: 3, 6: now - 5}])
    device.publish_records([{-3: (now - 100) * 1000, 0: "count", 2: 1}, {0: "temperature", 2: 1.0}])
    assert api.variable("count", device.thing_id)["value"] == 3
    history = api.history("count", device.thing_id)
    assert [(each["value"], each["time_us"]) for each in history] == [
        (1, (now - 100) * 1_000_000),
        (3, (now - 5) * 1_000_000),
    ]


def test_unknown_variables_are_passed_over(api, device):
    device.publish_records([{0: "nobody", 2: 1}, {0: "count", 2: 2}, {0: "text", 2: 5}])
    assert api.variable("count", device.thing_id)["value"] == 2
    assert api.variable("text", device.thing_id)["value"] is None


def test_a_value_set_in_the_cloud_reaches_the_device_complete(api, device):
    device.subscribe(device.thing_topic("e/i"), 0)
    api.set_value("count", 42, device.thing_id)
    assert device.records() == (device.thing_topic("e/i"), [{0: "count", 2: 42}])
    api.set_value("light", {"swi": True, "hue": 10}, device.thing_id)
    assert device.records()[1] == [
        {0: "light:swi", 4: True},
        {0: "light:hue", 2: 10.0},
        {0: "light:sat", 2: 0.0},
        {0: "light:bri", 2: 0.0},
    ]


def test_values_set_in_the_cloud_arrive_in_order(api, device):
    device.subscribe(device.thing_topic("e/i"), 1)
    for number in range(30):
        api.set_value("count", number, device.thing_id)
    assert [device.records()[1][0][2] for _ in range(30)] == list(range(30))


def stored_values(records):
    assert {record.get(0): record for record in records}["tz_dst_until"][2] > time.time() + 60
    return {record[0]: record.get(2, record.get(3, record.get(4))) for record in records}


def test_last_values_are_answered_on_the_shadow_topic(api, device):
    device.publish_records([{0: "count", 2: 7}, {0: "light:hue", 2: 5.0}, {0: "led", 4: False}])
    device.subscribe(device.thing_topic("shadow/i"))
    device.publish(device.thing_topic("shadow/o"), cbor2.dumps([{0: "r:m", 3: "getLastValues"}]))
    topic, records = device.records()
    assert topic == device.thing_topic("shadow/i")
    values = stored_values(records)
    assert values["count"] == 7 and values["led"] is False and values["tz_offset"] == 0
    assert [name for name in values if name.startswith("light:")] == [
        "light:swi",
        "light:hue",
        "light:sat",
        "light:bri",
    ]
    assert "temperature" not in values
    assert abs(records[0][-3] - time.time()) < 60


def test_last_values_are_answered_as_command_with_what_was_just_published(device):
    device.subscribe(device.device_topic("c/dw"))
    device.client.publish(device.thing_topic("e/o"), cbor2.dumps([{0: "count", 2: 99}]), 0)
    device.client.publish(device.device_topic("c/up"), commands.encode(commands.LAST_VALUES_BEGIN), 0)
    tag, parameters = device.command()
    assert tag == commands.LAST_VALUES_UPDATE
    assert stored_values(cbor2.loads(parameters[0]))["count"] == 99


def test_last_values_and_timezone_down_tell_the_zone_of_the_thing(api, make_device):
    device = make_device(api.make_project(timezone="Asia/Kolkata"))
    device.connect()
    device.subscribe(device.device_topic("c/dw"))
    device.publish(device.device_topic("c/up"), commands.encode(commands.TIMEZONE_UP))
    tag, (offset, until) = device.command()
    assert (tag, offset) == (commands.TIMEZONE_DOWN, 19800) and until > time.time()
    device.publish(device.device_topic("c/up"), commands.encode(commands.LAST_VALUES_BEGIN))
    assert stored_values(cbor2.loads(device.command()[1][0]))["tz_offset"] == 19800


def test_what_a_device_says_of_itself_is_shown(api, device):
    up = device.device_topic("c/up")
    device.publish(up, commands.encode(commands.DEVICE_BEGIN, "1.4.1-async"))
    device.publish(up, commands.encode(commands.DEVICE_NET_CONFIG, 6, bytes([10, 0, 0, 2]), b"", b"", b""))
    device.publish(up, commands.encode(commands.WIFI_FW_VERSION, "1.6.0"))
    device.publish(up, commands.encode(commands.OTA_BEGIN, bytes(32)))
    device.publish(up, commands.encode(commands.OTA_PROGRESS, bytes(16), cbor2.CBORSimpleValue(3), 0, 1))
    shown = api.request("GET", "/devices/" + device.id)
    assert shown["online"] is True
    assert shown["lib_version"] == "1.4.1-async"
    assert shown["net_config"]["ip"] == "0a000002"
    assert shown["wifi_fw_version"] == "1.6.0"
    assert shown["ota_sha256"] == "00" * 32


def test_the_version_in_an_old_device_property_is_shown(api, device):
    device.publish(
        device.device_topic("e/o"), cbor2.dumps([{0: "LIB_VERSION", 3: "1.15.1"}, {0: "OTA_CAP", 4: True}])
    )
    assert api.request("GET", "/devices/" + device.id)["lib_version"] == "1.15.1"


def test_attaching_detaching_and_moving_are_told_at_once(api, make_device):
    about = api.make_project(("count", "INT", "READ_WRITE"), attached=False)
    device = make_device(about)
    device.connect()
    device.subscribe(device.device_topic("c/dw"))
    device.subscribe(device.device_topic("e/i"))
    assert device.records()[1] == [{0: "thing_id", 3: ""}]
    assert device.subscribe(device.thing_topic("e/i")) == 0x80

    api.request("PUT", "/things/%s/device" % device.thing_id, {"device_id": device.id})
    assert device.command() == (commands.THING_UPDATE, (device.thing_id,))
    assert device.records()[1] == [{0: "thing_id", 3: device.thing_id}]
    assert device.subscribe(device.thing_topic("e/i")) == 1
    api.set_value("count", 1, device.thing_id)
    assert device.records()[1] == [{0: "count", 2: 1}]

    other = api.request("POST", "/things", {"name": "other", "device_id": device.id})
    assert device.command() == (commands.THING_UPDATE, (other["id"],))
    assert device.records()[1] == [{0: "thing_id", 3: other["id"]}]
    assert api.request("GET", "/things/" + device.thing_id)["device_id"] is None
    # The device is still subscribed to the old thing, but no longer gets its values.
    api.set_value("count", 2, device.thing_id)

    api.request("DELETE", "/things/%s/device" % other["id"])
    assert device.command() == (commands.THING_DETACH, (other["id"],))
    assert device.records()[1] == [{0: "thing_id", 3: ""}]


def test_a_second_connection_of_a_device_ends_the_first(api, device, project, make_device):
    second = make_device(project)
    assert second.connect() == "Success"
    device.wait_closed()
    second.subscribe(second.thing_topic("e/i"))
    api.set_value("count", 5, second.thing_id)
    assert second.records()[1] == [{0: "count", 2: 5}]
    assert api.request("GET", "/devices/" + second.id)["online"] is True


def test_values_go_to_the_cloud_and_to_the_device_by_turns(api, device):
    device.subscribe(device.thing_topic("e/i"), 0)
    for number in range(30):
        device.publish_records([{0: "count", 2: number}])
        api.set_value("count", number + 1, device.thing_id)
        assert device.records()[1] == [{0: "count", 2: number + 1}]
