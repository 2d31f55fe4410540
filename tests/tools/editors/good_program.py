"""A program that uses everything that is loaded late. Type checkers accept it and know these types."""

from typing import Any

from arduino_cloud_api import CloudAPI
from arduino_cloud_api.call import Call
from arduino_cloud_board import Device, Ethernet, WiFi
from arduino_iot_cloud import (
    CADATA,
    ArduinoCloudClient,
    ArduinoCloudObject,
    ArduinoIoTCloud,
    ColoredLight,
    Location,
    Schedule,
    Switch,
    Task,
    Temperature,
    async_wifi_connection,
    keys,
    timestamp,
)
from arduino_iot_cloud.inlet import Inlet
from typing_extensions import assert_type

client = ArduinoCloudClient(device_id=b"id", username="id", password="secret", keepalive=30)


def on_led(client: ArduinoCloudClient, value: bool) -> None:
    client["led"] = value


def on_connect(client: ArduinoCloudClient) -> None:
    assert_type(client.stats(), dict[str, int])


async def measure(client: ArduinoCloudClient) -> float:
    return 21.5


temperature = Temperature("temperature", on_read=measure, interval=10, publish="change", min_delta=0.1)
assert_type(temperature.value, float | Any)
assert_type(temperature.updated, bool)
assert_type(temperature.timestamp, int)
temperature.value = 20
temperature.value = None
temperature.updated = True
assert_type(Switch("led", value=True, on_write=on_led).value, bool | Any)

place = Location("place", lat=59.3, lon=18.1, sync="device")
assert_type(place.lat, float | Any)
place.lon = None
lamp = ColoredLight("lamp", swi=True, on_write=lambda client, lamp: print(lamp.hue))
assert_type(lamp.swi, bool | Any)
plan = Schedule("plan", on_active=on_led)
assert_type(plan.active, bool)
assert_type(plan.frm, int | Any)

client.register(temperature)
client.register("led", value=False, on_write=on_led, permission="readwrite")
client.register("pair", keys=("left", "right"), left=1, on_write=on_led)
client.register(ArduinoCloudObject("log", value="", history=100, store="log.history"))
client.register(Task("wifi", on_run=async_wifi_connection, interval=60.0))
client.on("connect", on_connect)
client.on("sync", None)
client.push("led")
client.net_config("wifi", "name")
client.update_systime("pool.ntp.org", timeout=5)
assert_type(client.inlet("led"), Inlet)
assert_type(client.connected, bool)
assert_type(client.thing_id, str | None)
assert_type(client.local_time(), int)
assert_type(CADATA, bytes)
assert_type(timestamp(), int)
keys.register_provider("mine", object())


async def main() -> None:
    assert_type(await client.flush(5), bool)
    assert_type(await client.wait_synced(timeout=60), bool)
    assert_type(await client.sync_time(), bool)
    await client.run(interval=1, backoff=2)
    cloud = await ArduinoIoTCloud.connect(client_id="id", client_secret="secret")
    await cloud.disconnect()
    async with CloudAPI("id", "secret") as api:
        assert_type(api.things.list(show_properties=True, tags=["a", "b"]), Call)
        await api.properties.publish("thing", "property", {"value": 1})
        await api.properties.timeseries("thing", "property", from_="2026-01-01T00:00:00Z", desc=True)
        async for device in api.devices.list():
            print(device["id"])


device = Device(link=WiFi([("name", "password")]), watchdog=True)
assert_type(device.client, ArduinoCloudClient)
assert_type(device.cause, str)
Ethernet()
