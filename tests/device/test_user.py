"""The users' side on each interpreter: read and set a device's values in the local cloud, over WebSocket and TLS."""

import json
import os
import re
import signal
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from local_clouds import LocalCloud
from localcloud.identity.tokens import Tokens
from localcloud.store.credentials import Grant
from users import UserProgram

VARIABLES = [
    ("number", "INT", "READ_WRITE"),
    ("text", "CHARSTRING", "READ_WRITE"),
    ("sensor", "TEMPERATURE", "READ_ONLY"),
    ("light", "HOME_COLORED_LIGHT", "READ_WRITE"),
]
DEVICE = """
from arduino_iot_cloud import ColoredLight
client.register("number", value=1, on_write=lambda client, value: print("wrote", value))
client.register("text", value="a", on_write=lambda client, value: print("wrote", value))
client.register("sensor", value=1.5)
client.register(ColoredLight("light", swi=False, hue=1.0, sat=2.0, bri=3.0,
    on_write=lambda client, value: print("wrote", sorted(value.value.items()))))
"""


@pytest.fixture
def start_user(interpreter, tmp_path):
    """`start_user(about, **options)` -> a UserProgram with the API key of `about`, over verified WSS."""
    made = []

    def make(about, more="", **options):
        defaults = {
            "client_id": about["api_key_id"],
            "client_secret": about["api_key_secret"],
            "token_url": about["token_url"],
            "server": about["host"],
            "port": about["wss_port"],
            "ssl_params": {"cafile": about["ca_der_file"]},
            "mqtt_client_id": "user-%d-%d" % (os.getpid(), len(made)),
        }
        options = {name: value for name, value in {**defaults, **options}.items() if value is not ...}
        made.append(UserProgram(interpreter, tmp_path / ("user%d.py" % len(made)), options, more))
        return made[-1]

    make.interpreter = interpreter
    yield make
    interpreter.stop_all()
    for program in made:
        assert "Task exception" not in program.output, program.output


@pytest.fixture
def mine(project):
    """A project whose device may not be connected yet."""
    return project(VARIABLES)


@pytest.fixture
def device(start_device, mine, local_cloud):
    """Our client as that project's device."""
    device = start_device(
        DEVICE, device_id=mine.device_id, password=mine.secret, server=local_cloud.host, port=local_cloud.mqtt_port
    )
    device.wait_until("client.connected")
    return device


def repeat(device, statement, condition):
    """Make a device report until a user has seen it. Subscribing may take longer than the first report."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, device.output
        device.do(statement)
        time.sleep(0.05)


def no_key(**options):
    return {"client_id": ..., "client_secret": ..., "token_url": ..., "mqtt_client_id": ..., **options}


def test_a_user_sees_a_device_and_the_device_sees_the_user(start_user, device, mine, local_cloud):
    user = start_user(local_cloud.about)
    user.wait_for("^ready\n")
    assert user.ask("cloud.connected, cloud.thing_id") == (True, None)
    user.do("light = cloud.property(%r, 'light').subscribe(lambda value: print('light', sorted(value.items())))" % mine.thing_id)
    user.do("cloud.on_property_value(%r, 'sensor', lambda value: print('sensor', value))" % mine.thing_id)
    repeat(device, "client['sensor'] = 20.25", lambda: "\nsensor 20.25\n" in user.process.stdout)
    device.do("client['light'].hue = 9.5")
    user.wait_for(r"^light \[\('bri', 3.0\), \('hue', 9.5\), \('sat', 2.0\), \('swi', False\)\]\n")
    user.publish((mine.thing_id, "number"), -70000)
    device.wait_for("^wrote -70000\n")
    user.do("later(cloud.send_property(%r, 'text', 'grüezi'))" % mine.thing_id)
    device.wait_for("^wrote grüezi\n")
    user.publish((mine.thing_id, "light"), {"swi": True, "sat": 77})
    device.wait_for(r"^wrote \[\('bri', 3.0\), \('hue', 9.5\), \('sat', 77.0\), \('swi', True\)\]\n")
    assert (mine.value("number"), mine.value("text")) == (-70000, "grüezi")
    user.do("light.unsubscribe(); light.unsubscribe()")
    user.ask("1")  # the order before it has been executed
    device.do("client['light'].hue = 8.5; client['sensor'] = -5")
    user.wait_for("^sensor -5.0\n")
    assert "8.5" not in user.process.stdout
    user.do("asyncio.create_task(leave())")
    user.wait_for("^left\n")
    user.wait_for("^lost: disconnected\n")
    user.wait_for("^ended\n")
    assert len(re.findall("^connected\n", user.process.stdout, re.M)) == 1


def test_coroutines_are_called_back_in_order_and_mistakes_of_callbacks_are_survived(start_user, device, mine, local_cloud):
    more = """
async def slow(value):
    await asyncio.sleep(0.05 if value < 3 else 0)
    print("slow", value)
def wrong(value):
    raise ZeroDivisionError("mine")
"""
    user = start_user(local_cloud.about, more)
    user.wait_for("^ready\n")
    user.do("p = cloud.property(%r, 'number'); p.subscribe(wrong); p.subscribe(slow)" % mine.thing_id)
    user.do("p.subscribe(lambda value: print('quick', value))")
    repeat(device, "client['number'] = 0", lambda: "\nquick 0\n" in user.process.stdout)
    for i in (1, 2, 3, 4):
        device.do("client['number'] = %d; later(client.flush())" % i)
        device.wait_for_next("^result True")
    user.wait_for("^slow 4\n")
    slow = [int(n) for n in re.findall(r"^slow (-?\d+)", user.process.stdout, re.M)]
    assert slow[-4:] == [1, 2, 3, 4]
    assert "'number' raised ZeroDivisionError: mine" in user.output


@pytest.mark.parametrize("kind", ["plain ws", "https", "token", "token function", "async token function", "tcp"])
def test_ways_to_connect(start_user, mine, local_cloud, kind):
    about = local_cloud.about
    options = {}
    more = "from arduino_iot_cloud.user.token import fetch\n"
    if kind == "plain ws":
        options = {"ssl_params": None, "port": about["ws_port"]}
    elif kind == "https":
        options = {"token_url": about["https_token_url"]}
    elif kind == "tcp":
        options = {"transport": "tcp", "port": about["mqtts_port"]}
    else:
        more += "TOKEN = %r\n" % (token_for(about),)
        more += "def get(): return TOKEN\nasync def aget(): return TOKEN\n"
        name = {"token": "TOKEN", "token function": "get", "async token function": "aget"}[kind]
        more += "plain = ArduinoIoTCloud.connect\n"
        more += "ArduinoIoTCloud.connect = lambda **o: plain(**dict(o, token=%s))\n" % name
        options = {"client_id": ..., "client_secret": ...}
    user = start_user(about, more, **options)
    user.wait_for("^ready\n")
    user.publish((mine.thing_id, "number"), 5)
    assert mine.value("number") == 5


def token_for(about):
    """Make a token as the local cloud does."""
    form = {"grant_type": "client_credentials", "client_id": about["api_key_id"], "client_secret": about["api_key_secret"]}
    with urllib.request.urlopen(about["token_url"], urllib.parse.urlencode(form).encode()) as answer:
        return json.load(answer)["access_token"]


def test_a_device_by_its_credentials(start_user, mine, local_cloud):
    options = no_key(device_id=mine.device_id, secret_key=mine.secret, port=local_cloud.mqtts_port)
    device = start_user(local_cloud.about, **options)
    device.wait_for("^ready\n")
    assert device.ask("cloud.thing_id") == mine.thing_id
    device.do("cloud.on_property_value('number', lambda value: print('wrote', value))")
    device.publish(("text",), "from the device")
    assert mine.value("text") == "from the device"
    device.publish(("light",), {"swi": True, "hue": 1.5, "sat": 2.5, "bri": 3.5})
    assert mine.value("light")["hue"] == 1.5
    mine.write("number", 42)
    device.wait_for("^wrote 42\n")
    other = mine.create_thing(VARIABLES)
    mine.attach(other)
    for _ in range(100):
        if device.ask("cloud.thing_id") == other:
            break
    device.publish(("number",), 7)
    assert mine.value("number", other) == 7
    mine.write("number", 43, other)
    device.wait_for("^wrote 43\n")


def test_what_does_not_connect_is_told(start_user, project, local_cloud, certificates):
    about = local_cloud.about
    lonely = project(VARIABLES, attached=False)
    for options, words in (
        ({"client_secret": "wrong"}, " refused the API key .HTTP 401"),
        ({"token_url": about["http"] + "/nothing"}, "No token in the answer of .*HTTP 404"),
        ({"token_url": "http://127.0.0.1:1/"}, "No token. 127.0.0.1:1 refused the connection"),
        ({"token_url": about["https_token_url"], "ssl_params": {}}, "No token. .*root certificate is not trusted"),
        ({"port": 1}, "127.0.0.1:1 refused the connection"),
        ({"ssl_params": {"cafile": str(certificates.ca_file_der)}}, "root certificate is not trusted"),
        (no_key(token="x.y.z"), "not a user's token"),
        (no_key(token=Tokens("00" * 32).issue(Grant(about["user_id"], about["api_key_id"], 0))), "refused the user's token"),
        (no_key(device_id=lonely.device_id, secret_key="wrong", port=about["mqtts_port"]), "wrong device id or secret"),
        (
            no_key(device_id=lonely.device_id, secret_key=lonely.secret, port=about["mqtts_port"], timeout=1),
            "no thing for this device",
        ),
    ):
        user = start_user(about, **options)
        user.wait_for("^refused: .*" + words)
        assert about["api_key_secret"] not in user.output


@pytest.mark.parametrize(
    "options, words",
    [
        ("", "takes client_id and client_secret, or token, or device_id"),
        ("client_id='a'", "client_secret goes with client_id"),
        ("device_id='a'", "secret_key with device_id"),
        ("token='a', device_id='b', secret_key='c'", "connect takes"),
        ("token='a', transport='pigeon'", "transport is"),
        ("token='a', colour='red'", "colour|unexpected"),
    ],
)
def test_wrong_options_are_named(interpreter, options, words):
    code = """
import asyncio
from arduino_iot_cloud.user import ArduinoIoTCloud
try:
    asyncio.run(ArduinoIoTCloud.connect(%s))
except (TypeError, ValueError) as error:
    print(error)
"""
    assert re.search(words, interpreter.run(code=code % options, check=True).stdout)


def test_mistakes_with_properties_are_named(start_user, mine, local_cloud):
    user = start_user(local_cloud.about)
    user.wait_for("^ready\n")
    for statement, words in (
        ("cloud.property('number')", "takes a thing_id and a name"),
        ("cloud.property(%r, '')" % mine.thing_id, "name is the variable's name"),
        ("cloud.property('t', 'n').subscribe(5)", "the callback of .* is a function, not 5"),
    ):
        user.do(statement)
        user.wait_for("^order failed: TypeError: .*%s" % words)
    more = "async def tell(c):\n    try: await c\n    except Exception as e: return type(e).__name__\n"
    user.do("exec(%r)" % more)
    user.do("later(tell(cloud.property('t', 'n').publish(None)))")
    user.wait_for("^result 'TypeError'\n")
    user.do("later(tell(cloud.property('t', 'n').publish('x' * 2000)))")
    user.wait_for("^result 'ValueError'\n")


def test_a_cloud_that_was_away_is_found_again_with_a_fresh_token(start_user, start_device, tmp_path):
    cloud = LocalCloud(tmp_path / "cloud")
    ports = [word for name in ("mqtt", "wss", "http") for word in ("--%s-port" % name, str(port_of(cloud, name)))]
    try:
        user = start_user(cloud.about)
        user.wait_for("^ready\n")
        user.do("cloud.on_property_value(%r, 'clk', lambda value: print('clk', value))" % cloud.thing_id)
        user.publish((cloud.thing_id, "led"), True)
        cloud.process.signal(signal.SIGKILL)
        cloud.process.wait()
        user.wait_for("^lost: ")
        user.do("later(cloud.property(%r, 'sw1').publish(True, timeout=0.2))" % cloud.thing_id)
        user.wait_for("^result False\n")
        user.do("later(cloud.property(%r, 'sw1').publish(True, timeout=30))" % cloud.thing_id)
        cloud = LocalCloud(tmp_path / "cloud", *ports)
        user.wait_for("^lost: (.*\n)*connected\n", 30)
        user.wait_for("^result False\n(.*\n)*result True\n")
        setup = "client.register('clk', value='x')"
        device = start_device(
            setup, device_id=cloud.device_id, password=cloud.secret, server=cloud.host, port=cloud.mqtt_port
        )
        device.wait_until("client.connected")
        repeat(device, "client['clk'] = 'tick'", lambda: "\nclk tick\n" in user.process.stdout)
    finally:
        cloud.stop()


def port_of(cloud, name):
    return cloud.about["http"].rsplit(":", 1)[1] if name == "http" else cloud.about[name + "_port"]


class _TokenServer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers), body))
        answer = b'{"access_token": "%s", "expires_in": 300}' % self.server.token.encode()
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for i in range(0, len(answer), 7):
            piece = answer[i : i + 7]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        pass


def test_the_request_for_a_token(start_user, mine, local_cloud):
    server = HTTPServer(("127.0.0.1", 0), _TokenServer)
    server.requests, server.token = [], token_for(local_cloud.about)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = "http://127.0.0.1:%d/iot/v1/clients/token" % server.server_port
        user = start_user(local_cloud.about, token_url=url, client_id="a b&c", client_secret="grün/+=")
        user.wait_for("^ready\n")
    finally:
        server.shutdown()
        server.server_close()
    [(path, headers, body)] = server.requests
    assert path == "/iot/v1/clients/token"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert body == (
        b"grant_type=client_credentials&client_id=a%20b%26c&client_secret=gr%C3%BCn%2F%2B%3D"
        b"&audience=https%3A%2F%2Fapi2.arduino.cc%2Fiot"
    )


def test_the_real_clouds_addresses(interpreter):
    code = """
from arduino_iot_cloud.user import ArduinoIoTCloud as C
for cloud in (C(token="x"), C(device_id="d", secret_key="s")):
    print(cloud.transport, cloud.server, cloud.port)
"""
    assert interpreter.run(code=code, check=True).stdout.split("\n")[:2] == [
        "websocket wss.iot.arduino.cc 8443",
        "tcp mqtts-up.iot.arduino.cc 8884",
    ]
