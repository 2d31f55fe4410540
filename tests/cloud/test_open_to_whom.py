"""What `serve` says about its listeners: who reaches each of them, encrypted or not, and what it asks for."""

import re
import socket

from forked_cloud import ForkedCloud

ENCRYPTED = {"mqtts", "mtls", "wss", "https"}


def test_each_listener_is_described(start_local_cloud):
    cloud = start_local_cloud("--address", "127.0.0.2")
    listeners = {each["name"]: each for each in cloud.listeners}
    assert set(listeners) == ENCRYPTED | {"mqtt", "ws", "http"}
    for name, each in listeners.items():
        assert each["encrypted"] == (name in ENCRYPTED)
        assert each["address"] == ("127.0.0.2" if name in ENCRYPTED else "127.0.0.1")
        socket.create_connection((each["address"], each["port"]), 10).close()
        assert each["admits"] and each["protocol"]
    assert "certificate" in listeners["mtls"]["admits"] and "secret" in listeners["mqtts"]["admits"]


def test_people_read_what_is_open_to_whom(tmp_path):
    process = ForkedCloud(["serve", "--ephemeral", "--data", tmp_path / "data", "--address", "0.0.0.0"])
    process.wait_for("Stop with Ctrl-C")
    process.stop()
    _, here, everywhere = re.split(r"^Open to ", process.stdout, flags=re.M)
    assert here.startswith("programs on this machine (127.0.0.1):\n")
    assert everywhere.startswith("whoever reaches this machine, at any of its addresses (0.0.0.0):\n")
    assert "with TLS" not in here and len(re.findall(r"^ +\d+  \S", here, re.M)) == 3
    assert len(re.findall(r"^ +\d+  \S.* with TLS ", everywhere, re.M)) == 4


def test_a_cloud_on_loopback_is_open_to_nobody_else(tmp_path):
    process = ForkedCloud(["serve", "--ephemeral", "--data", tmp_path / "data"])
    process.wait_for("Stop with Ctrl-C")
    process.stop()
    assert process.stdout.count("Open to ") == 1
