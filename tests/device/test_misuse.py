"""A mistake in a program raises at once, and the exception names what is wrong."""

import pytest

_PROGRAM = """
import asyncio
import arduino_iot_cloud
from arduino_iot_cloud import *
from arduino_iot_cloud import ArduinoCloudClient, Color, Location, Schedule, Task

def make(**options):
    arguments = dict(device_id="d", username="d", password="p", ssl_params=None, server="127.0.0.1", port=1)
    arguments.update(options)
    return ArduinoCloudClient(**arguments)

try:
%s
except Exception as error:
    print("raised", type(error).__name__, error)
else:
    print("raised nothing")
"""

# name -> (lines of a program, the exception, words in its text)
_MISTAKES = {
    "another type": (
        ["c = make()", "c.register('speed', value=1)", "c['speed'] = 'fast'"],
        "TypeError",
        "'speed' int str",
    ),
    "a float for an int": (
        ["c = make()", "c.register('speed', value=1)", "c['speed'] = 1.5"],
        "TypeError",
        "'speed' int float",
    ),
    "an unknown variable, read": (["make()['nothing']"], "KeyError", "nothing"),
    "an unknown variable, written": (["make()['nothing'] = 1"], "KeyError", "nothing"),
    "no type of ours": (["make().register('speed', value=[1])"], "TypeError", "'speed' list"),
    "bytes": (["make().register('speed', value=b'1')"], "TypeError", "'speed' bytes"),
    "no name": (["make().register(5)"], "TypeError", "name int"),
    "an unexpected argument": (["make().register('speed', valve=1)"], "TypeError", "valve"),
    "an unexpected argument of a composite": (["Location('place', lat=1.0, long=2.0)"], "TypeError", "long"),
    "a class that hides what the client needs": (
        ["from arduino_iot_cloud import Schedule", "class Alarm(Schedule):", "    def write(self):", "        pass",
         "make().register(Alarm('alarm'))"],
        "TypeError",
        "Alarm.write",
    ),
    "keys that are no names": (
        ["from arduino_iot_cloud import ArduinoCloudObject as O", "make().register(O('tank', keys=['a', 5]))"],
        "TypeError",
        "'tank' keys names 5",
    ),
    "keys that hide something": (["make().register('tank', keys=['a', 'name'])"], "ValueError", "'tank' 'name'"),
    "on_active that is no function": (
        ["from arduino_iot_cloud import Schedule", "make().register(Schedule('alarm', on_active=5))"],
        "TypeError",
        "'alarm' on_active function 5",
    ),
    "an attribute of another type": (
        ["p = Location('place', lat=1.0, lon=2.0)", "p.lat = 'north'"],
        "TypeError",
        "place:lat float str",
    ),
    "an unknown attribute": (["Location('place', lat=1.0, lon=2.0).height"], "AttributeError", "height"),
    "an unknown attribute in a dict": (
        ["c = make()", "c.register(Location('place'))", "c['place'] = {'height': 1.0}"],
        "TypeError",
        "'place' 'height'",
    ),
    "a number for a composite": (
        ["c = make()", "c.register(Location('place'))", "c['place'] = 1.0"],
        "TypeError",
        "'place' float",
    ),
    "text too long for a packet": (
        ["c = make(buffer=256)", "c.register('text', value='x' * 300)"],
        "ValueError",
        "'text' bytes buffer=256",
    ),
    "text that grows too long": (
        ["c = make(buffer=256)", "c.register('text', value='x')", "c['text'] = 'x' * 300"],
        "ValueError",
        "'text' bytes buffer=256",
    ),
    "update() in async mode": (["make().update()"], "RuntimeError", "update() sync_mode=True"),
    "run() in sync mode": (["asyncio.run(make(sync_mode=True).run())"], "RuntimeError", "sync_mode=False"),
    "no device id": (["make(device_id=None)"], "TypeError", "device_id None"),
    "an empty device id": (["make(device_id='')"], "TypeError", "device_id"),
    "a number for a password": (["make(password=1234)"], "TypeError", "password int"),
    "a password alone": (["make(username=None)"], "ValueError", "username password"),
    "a text for a keepalive": (["make(keepalive='10')"], "TypeError", "keepalive '10'"),
    "a negative keepalive": (["make(keepalive=-1)"], "ValueError", "keepalive -1"),
    "a keepalive too long": (["make(keepalive=65536)"], "ValueError", "keepalive 65536"),
    "a buffer too small": (["make(buffer=64)"], "ValueError", "buffer 64"),
    "a buffer too large": (["make(buffer=20000)"], "ValueError", "buffer 20000"),
    "an unknown discovery": (["make(discovery='magic')"], "ValueError", "discovery 'magic'"),
    "an unknown argument": (["make(colour='red')"], "TypeError", ""),
    "a list for ssl_params": (["make(ssl_params=[1])"], "TypeError", "ssl_params list"),
    "an unknown key of ssl_params": (
        ["make(ssl_params={'verify': 0}).start()"],
        "ValueError",
        "ssl_params 'verify'",
    ),
    "a key without its certificate": (
        ["make(ssl_params={'keyfile': 'key.der'}).start()"],
        "ValueError",
        "keyfile certfile",
    ),
    "a certificate without its key": (
        ["make(password=None, ssl_params={'certfile': 'cert.der'}).start()"],
        "ValueError",
        "keyfile certfile",
    ),
    "nothing to log in with": (
        ["make(password=None, ssl_params={}).start()"],
        "ValueError",
        "password keyfile certfile",
    ),
    "a missing key": (
        ["make(password=None, ssl_params={'keyfile': '/missing/key', 'certfile': '/missing/cert'}).start()"],
        "FileNotFoundError OSError",
        "/missing/",
    ),
    "a missing root": (
        ["make(ssl_params={'cafile': '/missing/root'}).start()"],
        "FileNotFoundError OSError",
        "/missing/root",
    ),
    "an unknown name of the package": (["arduino_iot_cloud.Thermostat"], "AttributeError", "Thermostat"),
}


@pytest.mark.parametrize("mistake", _MISTAKES)
def test_a_mistake_is_named_at_once(interpreter, mistake):
    lines, kind, words = _MISTAKES[mistake]
    done = interpreter.run(code=_PROGRAM % "\n".join("    " + line for line in lines), timeout=10, check=True)
    said = done.stdout.strip().splitlines()[-1]
    assert said.split(" ")[1] in kind.split(), said
    for word in words.split():
        assert word in said, said
