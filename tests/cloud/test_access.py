"""Who gets in, and what they can reach: wrong secrets, foreign topics, certificates, hostile packets."""

import socket
import ssl
import struct

import cbor2
import pytest
from localcloud.identity.certificates import Authority


@pytest.mark.parametrize("port", ["mqtt_port", "mqtts_port", "ws_port", "wss_port"])
def test_a_wrong_secret_is_refused(local_cloud, make_device, port):
    device = make_device(local_cloud.about, port=port, secret="wrong")
    assert device.connect() == "Not authorized"


def test_an_unknown_device_is_refused(local_cloud, make_device):
    assert make_device(local_cloud.about, device_id="nobody").connect() == "Not authorized"


def test_a_client_without_name_and_secret_is_refused(local_cloud, make_device):
    device = make_device(local_cloud.about)
    device.client.username_pw_set(None)
    assert device.connect() == "Not authorized"


def test_a_refused_client_does_not_disturb_the_device_it_names(api, device, project, make_device):
    device.subscribe(device.thing_topic("e/i"))
    assert make_device(project, secret="wrong").connect() == "Not authorized"
    api.set_value("count", 3, device.thing_id)
    assert device.records()[1] == [{0: "count", 2: 3}]


def test_a_foreign_client_identifier_does_not_disturb_its_owner(api, device, project, make_device):
    device.subscribe(device.thing_topic("e/i"))
    other = make_device(api.make_project(), client_id=project["device_id"])
    assert other.connect() == "Success"
    api.set_value("count", 3, device.thing_id)
    assert device.records()[1] == [{0: "count", 2: 3}]


def test_a_client_that_does_not_know_our_authority_refuses_us(local_cloud, make_device, tmp_path):
    foreign = Authority(tmp_path).files.certificate
    device = make_device(local_cloud.about, port="mqtts_port", ca_file=str(foreign))
    with pytest.raises(ssl.SSLCertVerificationError):
        device.connect()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_server_certificate_names_this_machine(local_cloud, make_device, host):
    assert make_device(local_cloud.about, port="mqtts_port").connect(host) == "Success"


@pytest.mark.parametrize(
    "name", ["iot.arduino.cc", "mqtts-up.iot.arduino.cc", "wss.iot.arduino.cc", "api2.arduino.cc"]
)
def test_the_server_certificate_names_the_real_hosts(local_cloud, name):
    context = ssl.create_default_context(cafile=local_cloud.ca_file)
    with socket.create_connection((local_cloud.host, local_cloud.mqtts_port), 10) as plain:
        with context.wrap_socket(plain, server_hostname=name) as tls:
            assert tls.getpeercert()["notAfter"]


def connection(about, certificate=None, key=None):
    context = ssl.create_default_context(cafile=about["ca_file"])
    if certificate:
        context.load_cert_chain(certificate, key)
    plain = socket.create_connection((about["host"], about["mtls_port"]), 10)
    return context.wrap_socket(plain, server_hostname="localhost")


def connect_packet(client_id, username=None, password=None, name=b"MQTT", level=4, flags=2):
    def field(text):
        return struct.pack("!H", len(text)) + text

    body = field(name)
    payload = field(client_id.encode())
    for text, flag in ((username, 0x80), (password, 0x40)):
        if text is not None:
            flags |= flag
            payload += field(text.encode())
    body += bytes([level, flags]) + struct.pack("!H", 30) + payload
    return b"\x10" + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body


def test_the_certificate_listener_refuses_a_client_without_certificate(local_cloud):
    with pytest.raises(OSError):
        with connection(local_cloud.about) as tls:
            tls.sendall(connect_packet(local_cloud.device_id))
            assert tls.recv(4) == b"", "answered without a certificate"
            raise ConnectionError


def test_the_certificate_listener_refuses_a_foreign_authority(local_cloud, tmp_path):
    files = Authority(tmp_path / "ca").device(tmp_path / "device", local_cloud.device_id)
    with pytest.raises(OSError):
        with connection(local_cloud.about, files.certificate, files.key) as tls:
            tls.sendall(connect_packet(local_cloud.device_id))
            assert tls.recv(4) == b"", "answered a foreign certificate"
            raise ConnectionError


def test_a_certificate_is_good_only_for_its_own_client_identifier(local_cloud):
    with connection(local_cloud.about, local_cloud.client_cert, local_cloud.client_key) as tls:
        tls.sendall(connect_packet("somebody-else", local_cloud.device_id, local_cloud.secret))
        assert tls.recv(4) == b"\x20\x02\x00\x02"


def test_foreign_topics_are_refused_with_0x80(local_cloud, device):
    for topic in (
        "#",
        "+/+",
        "$SYS/#",
        "/a/d/%s/#" % device.id,
        "/a/d/+/e/i",
        "/a/d/%s/c/dw" % local_cloud.device_id,
        "/a/t/%s/e/i" % local_cloud.thing_id,
        device.thing_topic("e/o"),
        device.device_topic("c/up"),
    ):
        assert device.subscribe(topic) == 0x80, topic
    assert device.subscribe(device.thing_topic("e/i")) == 1


def test_values_for_a_foreign_thing_are_dropped_and_the_connection_lives_on(api, local_cloud, device):
    before = api.variable("clk")["time_us"]
    device.publish(device.thing_topic("e/o", local_cloud.thing_id), cbor2.dumps([{0: "clk", 3: "forged"}]))
    device.publish(device.thing_topic("e/i"), cbor2.dumps([{0: "count", 2: 666}]))
    device.publish_records([{0: "count", 2: 1}])
    assert api.variable("clk")["time_us"] == before
    assert api.variable("count", device.thing_id)["value"] == 1


@pytest.mark.parametrize(
    "payload", [b"", b"\x00", b"\xff" * 50, b"\x9f" * 50, b"\x81\x07", b"\xda\x00\x01\x03\x00", bytes(5000)]
)
def test_malformed_payloads_are_counted_and_the_connection_lives_on(api, device, payload):
    before = api.request("GET", "/status")["counts"].get("malformed", 0)
    for topic in (
        device.device_topic("c/up"),
        device.device_topic("e/o"),
        device.thing_topic("e/o"),
        device.thing_topic("shadow/o"),
    ):
        device.publish(topic, payload)
    device.publish_records([{0: "count", 2: 1}])
    assert api.variable("count", device.thing_id)["value"] == 1
    assert api.request("GET", "/status")["counts"]["malformed"] >= before + 4


def raw(about):
    return socket.create_connection((about["host"], about["mqtt_port"]), 10)


def is_closed(sock):
    try:
        while sock.recv(4096):
            pass
    except ConnectionResetError:
        pass
    return True


@pytest.mark.parametrize(
    "data",
    [
        b"\x10\xff\xff\xff\xff\x7f",  # remaining length of five bytes
        b"\x10\xff\xff\xff\x7f",  # a CONNECT of 256 MB
        b"\x10\x00",
        b"\x10\x02\x00\x04",
        b"\x30\x03\x00\x01a",  # PUBLISH first
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(600),  # TLS on the plain port
        connect_packet("x", name=b"MQIsdp", level=3),
        connect_packet("x", flags=3),
    ],
)
def test_what_is_no_connect_closes_the_connection(local_cloud, data):
    with raw(local_cloud.about) as sock:
        sock.sendall(data)
        assert is_closed(sock)


@pytest.mark.parametrize(
    "packet",
    [
        b"\x34\x06\x00\x01a\x00\x01x",  # PUBLISH with QoS 2
        b"\x36\x06\x00\x01a\x00\x01x",  # QoS 3
        b"\x32\x05\x00\x01a\x00\x00",  # packet identifier 0
        b"\x30\x02\x00\x09",  # a topic beyond the packet
        b"\x30\x04\x00\x02a#",  # a wildcard in the topic
        b"\x82\x02\x00\x01",  # SUBSCRIBE to nothing
        b"\x82\x06\x00\x01\x00\x01a\x07",  # QoS 7
        b"\x00\x00",
        b"\xf0\x00",
        b"\x20\x02\x00\x00",  # CONNACK from a client
        connect_packet("again"),
        b"\x30\xff\xff\xff\x7f",  # a PUBLISH of 256 MB
    ],
)
def test_a_device_that_breaks_the_rules_of_mqtt_is_disconnected(project, packet):
    with raw(project) as sock:
        sock.sendall(connect_packet(project["device_id"], project["device_id"], project["secret"]))
        assert sock.recv(4) == b"\x20\x02\x00\x00"
        sock.sendall(packet)
        assert is_closed(sock)


def test_packets_may_come_byte_by_byte(api, project):
    payload = cbor2.dumps([{0: "count", 2: 77}])
    topic = ("/a/t/%s/e/o" % project["thing_id"]).encode()
    body = struct.pack("!H", len(topic)) + topic + b"\x00\x05" + payload
    data = connect_packet(project["device_id"], project["device_id"], project["secret"])
    data += b"\x32" + bytes([len(body)]) + body + b"\xc0\x00"
    with raw(project) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for index in range(len(data)):
            sock.sendall(data[index : index + 1])
        answers = b""
        while len(answers) < 10:
            answers += sock.recv(100)
        # The ping may be answered before the value is stored.
        assert answers.startswith(b"\x20\x02\x00\x00")
        assert b"\x40\x02\x00\x05" in answers and b"\xd0\x00" in answers
    assert api.variable("count", project["thing_id"])["value"] == 77


def test_a_silent_device_is_dropped_after_one_and_a_half_keepalives(project):
    packet = bytearray(connect_packet(project["device_id"], project["device_id"], project["secret"]))
    keepalive = packet.index(struct.pack("!H", 30) + struct.pack("!H", 36))
    packet[keepalive : keepalive + 2] = struct.pack("!H", 1)
    with raw(project) as sock:
        sock.sendall(packet)
        assert sock.recv(4) == b"\x20\x02\x00\x00"
        sock.settimeout(5)
        assert is_closed(sock)


def test_a_device_that_does_not_read_is_dropped_and_others_are_served(api, project, local_cloud, make_device):
    topic = ("/a/t/%s/e/i" % project["thing_id"]).encode()
    subscribe = b"\x00\x01" + struct.pack("!H", len(topic)) + topic + b"\x00"
    with raw(project) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sock.sendall(connect_packet(project["device_id"], project["device_id"], project["secret"]))
        sock.sendall(b"\x82" + bytes([len(subscribe)]) + subscribe)
        while api.request("GET", "/devices/" + project["device_id"])["online"]:
            api.set_value("text", "x" * 4096, project["thing_id"])
    device = make_device(local_cloud.about)
    assert device.connect() == "Success"
