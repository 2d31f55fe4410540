"""Runs an unchanged program for the real cloud, with the client's defaults redirected.

    launcher.py SETTINGS PROGRAM ARGUMENT...

SETTINGS is a JSON file with `server`, `ports` (with a certificate, with a password) and `root` (a DER file). The DER
files `key` and `certificate` in it stand in for the chip of a secure element.
"""

import json
import sys

import arduino_iot_cloud
from arduino_iot_cloud import ArduinoCloudClient


def _content(path):
    with open(path, "rb") as file:
        return file.read()


with open(sys.argv[1]) as file:
    settings = json.load(file)
ArduinoCloudClient.SERVER = settings["server"]
ArduinoCloudClient.PORTS = settings["ports"]
ArduinoCloudClient.ROOTS = ((settings["root"],), (settings["root"],))
arduino_iot_cloud.CADATA = _content(settings["root"])
if "key" in settings:
    from arduino_iot_cloud.keys import register_provider

    def _software(ctx, params):
        print("keys from %(keyfile)s and %(certfile)s" % params)
        ctx.load_cert_chain(_content(settings["certificate"]), _content(settings["key"]))

    register_provider("se05x", _software)
sys.argv.pop(0)
sys.argv.pop(0)
with open(sys.argv[0]) as file:
    exec(file.read(), {"__name__": "__main__"})
