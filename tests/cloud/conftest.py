"""Counterparts of the local cloud: a device made of paho-mqtt and cbor2, and the local API."""

import queue

import cbor2
import paho.mqtt.client as mqtt
import pytest
from databases import Postgres
from local_clouds import LocalCloud
from localcloud.remote import RemoteCloud
from scripted_api import Server
from visitor import Web

WAIT = 10


class PahoDevice:
    """A device that shares no code with the cloud or our client. Every wait has a time limit."""

    def __init__(self, about, *, port="mqtt_port", device_id=None, secret=None, client_id=None, ca_file=None):
        self.about = about
        self.id = device_id or about["device_id"]
        self.thing_id = about["thing_id"]
        websocket, mutual = port in ("ws_port", "wss_port"), port == "mtls_port"
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=self.id if client_id is None else client_id,
            protocol=mqtt.MQTTv311,
            transport="websockets" if websocket else "tcp",
            reconnect_on_failure=False,
        )
        if websocket:
            self.client.ws_set_options("/mqtt")
        if mutual:
            certificate = (about["client_cert"], about["client_key"])
        else:
            self.client.username_pw_set(self.id, secret or about["secret"])
            certificate = (None, None)
        if port in ("mqtts_port", "mtls_port", "wss_port"):
            self.client.tls_set(ca_file or about["ca_file"], *certificate)
        self.client.max_inflight_messages_set(1000)
        self._connacks, self._subacks, self._unsubacks = queue.Queue(), queue.Queue(), queue.Queue()
        self._pubacks, self._messages, self._closed = queue.Queue(), queue.Queue(), queue.Queue()
        self.client.on_connect = lambda client, data, flags, code, properties: self._connacks.put(code)
        self.client.on_subscribe = lambda client, data, mid, codes, properties: self._subacks.put(codes)
        self.client.on_unsubscribe = lambda client, data, mid, codes, properties: self._unsubacks.put(mid)
        self.client.on_publish = lambda client, data, mid, code, properties: self._pubacks.put(mid)
        self.client.on_disconnect = lambda client, data, flags, code, properties: self._closed.put(code)
        self.client.on_message = lambda client, data, message: self._messages.put(
            (message.topic, message.payload)
        )
        self.port = about[port]

    def connect(self, host="127.0.0.1", keepalive=30):
        """Connect, and return the name of the CONNACK code."""
        self.client.connect(host, self.port, keepalive)
        self.client.loop_start()
        return str(self._connacks.get(timeout=WAIT))

    def close(self):
        """Disconnect."""
        self.client.disconnect()
        self.client.loop_stop()

    def wait_closed(self):
        """Wait until the broker has ended the connection."""
        self._closed.get(timeout=WAIT)

    def device_topic(self, channel):
        return "/a/d/%s/%s" % (self.id, channel)

    def thing_topic(self, channel, thing_id=None):
        return "/a/t/%s/%s" % (thing_id or self.thing_id, channel)

    def subscribe(self, topic, qos=1):
        """Subscribe, and return the code in the SUBACK."""
        self.client.subscribe(topic, qos)
        return self._subacks.get(timeout=WAIT)[0].value

    def unsubscribe(self, topic):
        """Unsubscribe and wait for the UNSUBACK."""
        self.client.unsubscribe(topic)
        self._unsubacks.get(timeout=WAIT)

    def publish(self, topic, payload, qos=1):
        """Publish and, with QoS 1, wait for the PUBACK."""
        self.client.publish(topic, payload, qos)
        self._pubacks.get(timeout=WAIT)

    def wait_pubacks(self, count):
        """Wait for the PUBACKs of messages sent through `client`."""
        for _ in range(count):
            self._pubacks.get(timeout=WAIT)

    def publish_records(self, records, qos=1):
        """Publish SenML records on the thing's topic."""
        self.publish(self.thing_topic("e/o"), cbor2.dumps(records), qos)

    def message(self):
        """Wait for the next message and return (topic, payload)."""
        return self._messages.get(timeout=WAIT)

    def records(self):
        """Wait for the next message and return (topic, SenML records)."""
        topic, payload = self.message()
        return topic, cbor2.loads(payload)

    def command(self):
        """Wait for the next message, which must be on c/dw, and return (tag, parameters)."""
        topic, payload = self.message()
        assert topic == self.device_topic("c/dw")
        tagged = cbor2.loads(payload)
        return tagged.tag, tagged.value


class LocalApi:
    """The local API, without an event loop."""

    def __init__(self, about):
        self.about = about
        self._cloud = RemoteCloud(about)
        self.request = self._cloud.request

    def set_value(self, name, value, thing_id=None):
        path = "/things/%s/variables/%s/value" % (thing_id or self.about["thing_id"], name)
        return self.request("PUT", path, {"value": value})

    def variable(self, name, thing_id=None):
        return self.request("GET", "/things/%s/variables/%s" % (thing_id or self.about["thing_id"], name))

    def history(self, name, thing_id=None, limit=1000):
        path = "/things/%s/variables/%s/history?limit=%d"
        return self.request("GET", path % (thing_id or self.about["thing_id"], name, limit))

    def make_project(self, *variables, timezone="UTC", attached=True):
        """Make a device and a thing, and return what `PahoDevice` needs to act as that device."""
        device = self.request("POST", "/devices", {"name": "test device"})
        body = {
            "name": "test thing",
            "timezone": timezone,
            "device_id": device["id"] if attached else None,
            "variables": [
                {"name": name, "type": kind, "permission": permission} for name, kind, permission in variables
            ],
        }
        thing = self.request("POST", "/things", body)
        return {**self.about, "device_id": device["id"], "secret": device["secret"], "thing_id": thing["id"]}


@pytest.fixture(scope="module")
def postgres():
    """A PostgreSQL server."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The address of an empty database."""
    if request.param == "sqlite":
        return "sqlite:///%s" % (tmp_path / "store.sqlite3")
    return request.getfixturevalue("postgres").new_database()


@pytest.fixture
def cloud(tmp_path):
    """A cloud of the test's own."""
    cloud = LocalCloud(tmp_path / "data")
    yield cloud
    cloud.stop()


@pytest.fixture
def server():
    """A scripted_api.Server."""
    made = Server()
    yield made
    made.close()


@pytest.fixture
def api(local_cloud):
    """The local API of the session's cloud."""
    return LocalApi(local_cloud.about)


@pytest.fixture
def api_of():
    """`api_of(about)`: the local API of another cloud."""
    return LocalApi


@pytest.fixture
def project(api):
    """The test's own device and thing in the session's cloud, as `about`."""
    return api.make_project(
        ("count", "INT", "READ_WRITE"),
        ("temperature", "TEMPERATURE", "READ_ONLY"),
        ("text", "CHARSTRING", "READ_WRITE"),
        ("led", "STATUS", "READ_WRITE"),
        ("light", "HOME_COLORED_LIGHT", "READ_WRITE"),
    )


@pytest.fixture
def make_device():
    """`make_device(about, **options)` -> a PahoDevice, not yet connected; closed at the end."""
    made = []

    def make(about, **options):
        made.append(PahoDevice(about, **options))
        return made[-1]

    yield make
    for device in made:
        device.close()


@pytest.fixture
def device(project, make_device):
    """The project's device, connected over plain TCP."""
    device = make_device(project)
    assert device.connect() == "Success"
    return device


@pytest.fixture
def web(project):
    """A visitor of the session's cloud (visitor.Web), which has a project of the test's own."""
    return Web(project)
