"""Those parts of the other programs that need the cloud: connected.py ARGUMENTS (JSON, for ArduinoCloudClient)."""

import json
import sys

from arduino_iot_cloud import ArduinoCloudClient, ArduinoCloudObject, ColoredLight, Schedule, Task


class Island(ArduinoCloudObject):
    def __init__(self, name, **kwargs):
        super().__init__(name, keys={"lat", "lon"}, **kwargs)


class Light(ArduinoCloudObject):
    def __init__(self, name, **kwargs):
        super().__init__(name, keys={"swi", "hue", "sat", "bri"}, on_write=self.switched, **kwargs)

    def switched(self, client, light):
        print("light", light is self, light.swi, light.hue)
        client["treasureisland"].lat = light.hue


class Alarm(Schedule):
    looks = 0

    def on_run(self, client, args=None):
        self.looks += 1
        super().on_run(client, args)


def on_active(client, value):
    print("active", sorted(value), client["schedule"].looks > 0)


def on_count(client, value):
    print("count", value, client.records["count"].updated)
    if value == 3:
        client["lamp"] = None
        client.records["count"].updated = True
        client["temperature"] = 20.5
    elif value == 4:
        client.records["temperature"].updated = True


def watch(client, args):
    temperature = client.records["temperature"]
    if temperature.value is not None and not temperature.updated and not args:
        args.append(temperature.timestamp)
        print("published", temperature.value, args[0] >= client.records["text"].timestamp)


with open(sys.argv[1]) as file:
    arguments = json.load(file)
client = ArduinoCloudClient(**arguments)
client.register(Island("treasureisland", lat=31.25, lon=29.5))
client.register(Light("clight", interval=0.05))
client.register(ColoredLight("lamp", swi=True, hue=1.0, sat=2.0, bri=3.0))
client.register(Alarm("schedule", on_run=print, on_active=on_active, interval=0.2))
client.register(ArduinoCloudObject("count", on_write=on_count, interval=0.05), interval=100)
client.register("temperature", value=None)
client.register("text", value="here")
client.register(Task("watch", on_run=watch, interval=0.05, args=[]))
client.start(interval=0.2)
