"""The published JavaScript package as a user and as a device, with our client and the local cloud."""

import json
import os
import time
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import jwt
import pytest
from processes import Process
from toolchain.paths import NPM

DEVICE = """
from arduino_iot_cloud import ArduinoCloudClient, ColoredLight
client = ArduinoCloudClient(**%r)
def told(client, value):
    print("wrote", value if not hasattr(value, "value") else sorted(value.value.items()))
client.register("count", value=1, on_write=told)
client.register("text", value="a", on_write=told)
client.register("temperature", value=20.25)
client.register(ColoredLight("clight", swi=True, hue=1.5, sat=2.5, bri=3.5, on_write=told))
beat = 1.5
def tick(client, args):
    global beat
    beat += 1
    client["temperature"] = beat
    client["clight"].hue = beat
client.register("tick", on_run=tick, interval=0.2)
client.start()
"""


class JavaScript:
    """iot_js.js as a child process."""

    def __init__(self, cloud, **options):
        environment = {
            **os.environ,
            "NODE_PATH": str(NPM / "node_modules"),
            "NODE_EXTRA_CA_CERTS": cloud.ca_file,
        }
        script = Path(__file__).parent / "iot_js.js"
        self.process = Process(["node", script, json.dumps(options)], environment)

    def wait_for(self, pattern, timeout=20):
        """Wait until it has printed a line that matches."""
        return self.process.wait_for(pattern, timeout)

    def do(self, *order):
        """Give an order."""
        self.process.send(json.dumps(order) + "\n")


@pytest.fixture
def start_javascript(local_cloud):
    """`start_javascript(**options)` -> a JavaScript with these options of ArduinoIoTCloud.connect."""
    made = []

    def start(**options):
        made.append(JavaScript(local_cloud, **options))
        return made[-1]

    yield start
    for each in made:
        each.process.stop()


@pytest.fixture
def api_key(local_cloud):
    """Options of ArduinoIoTCloud.connect for the default user."""
    return {
        "clientId": local_cloud.api_key_id,
        "clientSecret": local_cloud.api_key_secret,
        "apiUrl": local_cloud.token_url,
        "port": local_cloud.wss_port,
    }


@pytest.fixture(params=["tcp", "websocket"])
def device(request, board, project, local_cloud):
    """Our client on each MicroPython, over verified TLS, with and without WebSocket."""
    arguments = {
        "device_id": project.device_id,
        "username": project.device_id,
        "password": project.secret,
        "server": "localhost",
        "port": local_cloud.mqtts_port if request.param == "tcp" else local_cloud.wss_port,
        "ssl_params": {"cafile": local_cloud.ca_der_file},
        "transport": request.param,
    }
    path = project.folder / "device.py"
    path.write_text(DEVICE % arguments)
    process = board.start(path)
    yield process
    print(process.stdout, process.stderr)  # shown if the test fails


def test_as_a_user_it_sees_the_device_and_the_device_sees_it(start_javascript, api_key, project, device):
    user = start_javascript(**api_key)
    user.wait_for("^connected\n")
    for name in ("temperature", "clight"):
        user.do("on", project.thing_id, name)
    user.wait_for(r"^value temperature \d+\.5\n")
    light = json.loads(user.wait_for(r"^value clight (.*)\n").group(1))
    assert light["swi"] is True and (light["sat"], light["bri"]) == (2.5, 3.5) and light["hue"] % 1 == 0.5
    for value in (-70000, 7):
        user.do("send", project.thing_id, "count", value)
        device.wait_for("^wrote %d\n" % value)
    user.do("send", project.thing_id, "text", "grüezi")
    device.wait_for("^wrote grüezi\n")
    user.do("send", project.thing_id, "clight", {"swi": True, "sat": 77.25})
    device.wait_for(r"^wrote \[.*\('sat', 77.25\)")
    assert (project.value("count"), project.value("text")) == (7, "grüezi")


def test_a_user_with_a_token_of_their_own(start_javascript, api_key, project, local_cloud):
    token = ask_token(api_key)
    assert jwt.decode(token, options={"verify_signature": False})["http://arduino.cc/id"] == local_cloud.user_id
    user = start_javascript(token=token, port=local_cloud.wss_port)
    user.wait_for("^connected\n")
    user.do("send", project.thing_id, "count", 5)
    user.wait_for("^sent count\n")
    wait_until(lambda: project.value("count") == 5)


def ask_token(api_key):
    form = {"grant_type": "client_credentials", "client_id": api_key["clientId"], "client_secret": api_key["clientSecret"]}
    with urlopen(api_key["apiUrl"], urlencode(form).encode()) as answer:
        return json.load(answer)["access_token"]


def wait_until(condition, timeout=15):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "in vain"
        time.sleep(0.05)


def test_a_wrong_key_is_refused(start_javascript, api_key):
    user = start_javascript(**{**api_key, "clientSecret": "wrong"})
    user.wait_for('^failed .*access_denied.*401')


def test_as_a_device_it_sees_the_cloud_and_the_cloud_sees_it(start_javascript, project, local_cloud):
    device = start_javascript(deviceId=project.device_id, secretKey=project.secret, port=local_cloud.mqtts_port)
    device.wait_for("^connected\n")
    device.do("on", "count")
    device.do("send", "temperature", 21.5)
    assert project.wait_value("temperature", lambda value: value == 21.5) == 21.5
    device.do("send", "clight", {"swi": True, "hue": 9.5, "sat": 8, "bri": 7})
    assert project.wait_value("clight", lambda value: value["hue"] == 9.5)["bri"] == 7
    device.do("send", "text", "from JavaScript")
    project.wait_value("text", lambda value: value == "from JavaScript")
    project.write("count", 42)
    device.wait_for("^value count 42\n")


def test_their_device_and_our_users_side_see_each_other(start_javascript, api_key, project, local_cloud, cpython):
    device = start_javascript(deviceId=project.device_id, secretKey=project.secret, port=local_cloud.mqtts_port)
    device.wait_for("^connected\n")
    device.do("on", "count")
    code = """
import asyncio, json, sys
from arduino_iot_cloud import ArduinoIoTCloud
options, thing_id = json.loads(sys.argv[1]), sys.argv[2]
async def main():
    cloud = await ArduinoIoTCloud.connect(**options)
    cloud.on_property_value(thing_id, "temperature", lambda value: print("temperature", value, flush=True))
    while True:
        print("sent", await cloud.send_property(thing_id, "count", 77), flush=True)
        await asyncio.sleep(0.5)
asyncio.run(main())
"""
    options = {
        "client_id": api_key["clientId"],
        "client_secret": api_key["clientSecret"],
        "token_url": api_key["apiUrl"],
        "server": local_cloud.host,
        "port": local_cloud.wss_port,
        "ssl_params": {"cafile": local_cloud.ca_file},
        "mqtt_client_id": "ours",
    }
    path = project.folder / "user.py"
    path.write_text(code)
    user = cpython.start(path, json.dumps(options), project.thing_id)
    device.wait_for("^value count 77\n")
    device.do("send", "temperature", 5.25)
    user.wait_for("^temperature 5.25\n")
