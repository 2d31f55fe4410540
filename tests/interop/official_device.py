"""A device that uses the official client for CPython: official_device.py SETTINGS

SETTINGS is a JSON file with the `arguments` of its ArduinoCloudClient.
"""

import json
import logging
import ssl
import sys
import time

from arduino_iot_cloud import ArduinoCloudClient, ColoredLight, Location

logging.basicConfig(level=logging.INFO)


def on_count(client, value):
    print("count %d" % value, flush=True)
    client["text"] = "got %d" % value


def on_light(client, light):
    print("light %s %s" % (light.swi, light.hue), flush=True)


with open(sys.argv[1]) as file:
    arguments = json.load(file)
arguments["ssl_params"]["verify_mode"] = ssl.CERT_REQUIRED
client = ArduinoCloudClient(**arguments)
client.register("count", value=None, on_write=on_count, interval=0.05)
client.register("text", value=None)
client.register("temperature", value=None, on_read=lambda client: 20.5, interval=0.25)
client.register(Location("treasureisland", lat=31.25, lon=29.5))
client.register(ColoredLight("clight", swi=True, hue=10.0, sat=20.0, bri=30.0, on_write=on_light, interval=0.05))
client.start(interval=0.2)
while True:
    client.update()
    time.sleep(0.02)
