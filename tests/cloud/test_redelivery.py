"""A message that a client sends again (DUP), because it lost the connection before the PUBACK, counts once."""

import asyncio
import socket
import struct

import cbor2
from localcloud.broker.deliveries import Deliveries


def field(text):
    return struct.pack("!H", len(text)) + text


def packet(first, body):
    length, n = b"", len(body)
    while True:
        length += bytes([n & 127 | (128 if n > 127 else 0)])
        n >>= 7
        if not n:
            return bytes([first]) + length + body


class Connection:
    """A device on a bare socket that chooses its packet identifiers and flags."""

    def __init__(self, about):
        self.topic = ("/a/t/%s/e/o" % about["thing_id"]).encode()
        self.socket = socket.create_connection((about["host"], about["mqtt_port"]), 10)
        name = field(about["device_id"].encode())
        body = field(b"MQTT") + b"\x04\xc2\x00\x1e" + name + name + field(about["secret"].encode())
        self.socket.sendall(packet(0x10, body))
        assert self.socket.recv(4) == b"\x20\x02\x00\x00"

    def publish(self, identifier, value, dup=False, name="count"):
        """Publish a value and wait for the PUBACK."""
        payload = cbor2.dumps([{0: name, 2: value}])
        first = 0x3A if dup else 0x32
        self.socket.sendall(packet(first, field(self.topic) + struct.pack("!H", identifier) + payload))
        assert self.socket.recv(4) == b"\x40\x02" + struct.pack("!H", identifier)

    def close(self):
        self.socket.close()


def test_a_message_that_is_sent_again_is_stored_once(api, project):
    connection = Connection(project)
    for i in (1, 2, 3):
        connection.publish(i, i)
    connection.close()
    connection = Connection(project)
    for i in (2, 3):
        connection.publish(i, i, dup=True)
    connection.publish(4, 4, dup=True)  # this one was lost
    connection.publish(4, 4, dup=True)
    connection.close()
    values = [sample["value"] for sample in api.history("count", project["thing_id"])]
    assert values == [1, 2, 3, 4]


def test_what_only_looks_alike_is_stored(api, project):
    connection = Connection(project)
    connection.publish(1, 5)
    connection.publish(1, 5)  # the identifier is free again, so this is another message
    connection.publish(1, 6, dup=True)  # other bytes
    connection.publish(2, 6, dup=True)  # another identifier
    connection.publish(1, 5, dup=True)  # the last message with this identifier had other bytes
    connection.close()
    values = [sample["value"] for sample in api.history("count", project["thing_id"])]
    assert values == [5, 5, 6, 6, 5]


def test_another_device_has_other_messages(api, project):
    other = api.make_project(("count", "INT", "READ_WRITE"))
    for about in (project, other):
        connection = Connection(about)
        connection.publish(1, 5, dup=True)
        connection.close()
        assert len(api.history("count", about["thing_id"])) == 1


def test_a_message_that_is_sent_again_after_the_cloud_was_killed_is_stored_once(start_local_cloud, api_of, tmp_path):
    cloud = start_local_cloud(data=tmp_path / "data")
    about = api_of(cloud.about).make_project(("count", "INT", "READ_WRITE"))
    connection = Connection(about)
    for i in (1, 2, 3):
        connection.publish(i, i)
    cloud.process.kill()
    connection.close()
    again = start_local_cloud(data=tmp_path / "data")
    connection = Connection({**about, "mqtt_port": again.mqtt_port})
    for i in (2, 3, 4):
        connection.publish(i, i, dup=True)
    connection.close()
    values = [sample["value"] for sample in api_of(again.about).history("count", about["thing_id"])]
    assert values == [1, 2, 3, 4]


def test_what_could_not_be_stored_is_taken_again():
    async def run():
        deliveries = Deliveries()
        future = asyncio.get_running_loop().create_future()
        deliveries.note("d", 1, "t", b"p", future)
        assert deliveries.has("d", 1, "t", b"p") and deliveries.taken("d", 1) is future
        assert not deliveries.has("d", 1, "u", b"p") and not deliveries.has("e", 1, "t", b"p")
        future.set_exception(OSError("disk full"))
        assert not deliveries.has("d", 1, "t", b"p")
        for i in range(1000):
            deliveries.note("d", i, "t", b"p", None)
        assert not deliveries.has("d", 700, "t", b"p") and deliveries.has("d", 999, "t", b"p")

    asyncio.run(run())
