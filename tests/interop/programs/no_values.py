"""None as a value or as an attribute's value means that there is no value now and nothing to publish."""

from arduino_iot_cloud import ArduinoCloudClient, ColoredLight, Location

client = ArduinoCloudClient("device", "device", "secret")
light = ColoredLight("light", swi=True, hue=1.0, sat=2.0, bri=3.0)
client.register(light)
client.register(Location("here", lat=1.5, lon=None))
client.register("count", value=5)

light.sat = None
print(light.initialized, light.swi, light.sat)  # -> False True None
light.sat = 4.0
print(light.initialized, light.sat)  # -> True 4.0
here = client["here"]
print(here.initialized, here.lat, here.lon)  # -> False 1.5 None
here.lat = None
here.lon = 2.5
print(here.initialized, here.lat, here.lon)  # -> False None 2.5
client["light"] = None
print(light.initialized)  # -> False
client.records["here"].value = None
print(here.initialized)  # -> False
client["count"] = None
print(client["count"], client.get("count", 7), client.records["count"].initialized)  # -> None 7 False
client["count"] = 6
print(client["count"], client.get("count", 7))  # -> 6 6
