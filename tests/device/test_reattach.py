"""A device that is detached from its thing in the local cloud and attached to another, while it runs."""

import time

import pytest

VARIABLES = [("a", "INT", "READ_WRITE"), ("b", "FLOAT", "READ_ONLY"), ("lamp", "HOME_COLORED_LIGHT", "READ_WRITE")]
SETUP = """
from arduino_iot_cloud import ColoredLight
def note(event):
    client.on(event, lambda client: print("event", event, client.thing_id))
for event in ("connect", "sync", "disconnect"):
    note(event)
client.register("a", value=1, on_write=lambda client, value: print("wrote", value))
client.register("b", value=2.5)
client.register(ColoredLight("lamp", swi=True, hue=10, sat=20, bri=30, on_write=lambda client, value: print("lamp", value)))
"""
LAMP = {"swi": True, "hue": 10, "sat": 20, "bri": 30}


@pytest.fixture(params=["command", "legacy", "both"])
def start(request, start_device, project):
    """`start(attached=True)` -> (device, its project in the local cloud)."""

    def make(attached=True):
        made = project(VARIABLES, attached)
        device = start_device(
            SETUP,
            device_id=made.device_id,
            password=made.secret,
            server=made.about["host"],
            port=made.about["mqtt_port"],
            discovery=request.param,
        )
        return device, made

    return make


def unlink(made):
    made.request("DELETE", "/things/%s/device" % made.thing_id)


def wait_cloud(made, name, value, thing_id=None, timeout=30):
    """Wait until a variable has a value in the cloud."""
    deadline = time.monotonic() + timeout
    while made.value(name, thing_id) != value:
        assert time.monotonic() < deadline, (name, value, made.value(name, thing_id))
        time.sleep(0.02)


def events(device):
    return [line.split()[1] for line in device.output.splitlines() if line.startswith("event ")]


def test_unlinked_the_values_stop_and_linked_to_another_thing_all_go_there(start):
    device, made = start()
    device.wait_until("client.connected")
    wait_cloud(made, "a", 1)
    wait_cloud(made, "lamp", LAMP)
    assert events(device) == ["connect", "sync"]
    unlink(made)
    device.wait_for("^event disconnect")
    device.wait_until("client.state == 'SendCapabilities'")
    count = device.ask("client.stats()['published']")
    device.do("client['a'] = 2; client['b'] = 3.5; client['lamp'].hue = 77")
    made.write("a", 99)  # the thing exists without the device
    time.sleep(0.5)
    assert device.ask("client.stats()['published']") == count
    assert made.value("b") == 2.5 and made.value("lamp") == LAMP
    assert "wrote 99" not in device.output
    other = made.create_thing(VARIABLES)
    made.attach(other)
    device.wait_until("client.connected and client.thing_id == %r" % other)
    wait_cloud(made, "a", 2, other)
    wait_cloud(made, "b", 3.5, other)
    wait_cloud(made, "lamp", dict(LAMP, hue=77), other)
    made.write("a", 5, other)
    device.wait_for("^wrote 5\n")
    made.write("lamp", dict(LAMP, hue=5), other)
    device.wait_for("^lamp .*5")
    assert made.value("b") == 2.5 and made.value("a") == 99  # the first thing is unchanged
    assert events(device) == ["connect", "sync", "disconnect", "connect", "sync"]
    assert device.ask("client.stats()['connections']") == 1


def test_moved_at_once_and_back(start):
    device, made = start()
    device.wait_until("client.connected")
    wait_cloud(made, "b", 2.5)
    other = made.create_thing(VARIABLES)
    made.attach(other)
    device.wait_until("client.connected and client.thing_id == %r" % other)
    for name, value in (("a", 1), ("b", 2.5), ("lamp", LAMP)):
        wait_cloud(made, name, value, other)
    device.do("client['b'] = 7.5")
    wait_cloud(made, "b", 7.5, other)
    made.attach(made.thing_id)
    device.wait_until("client.connected and client.thing_id == %r" % made.thing_id)
    wait_cloud(made, "b", 7.5)
    assert made.value("b", other) == 7.5
    made.write("a", 8)
    device.wait_for("^wrote 8\n")


def test_linked_for_the_first_time_while_it_runs(start):
    device, made = start(attached=False)
    device.wait_for("^The device is not attached to a thing.", timeout=15)
    assert events(device) == []
    made.attach()
    device.wait_until("client.connected")
    wait_cloud(made, "lamp", LAMP)
    assert events(device) == ["connect", "sync"]
