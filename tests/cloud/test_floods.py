"""Floods of connections without a log-in: devices and the page get in all the same, and the log stays short."""

import fcntl
import json
import os
import re
import resource
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest
from localcloud.entrance.bounds import raise_descriptor_limit
from processes import Process
from raw_peers import PORTS, open_peer, open_socket, read_head, request
from toolchain.paths import TOOLS

FLOOD = 1100


class LimitedCloud:
    """`local-cloud serve` with limits of open files, as a system sets them: `soft` may be raised to `hard`."""

    def __init__(self, data, soft, hard, *arguments):
        command = 'ulimit -Sn %d && ulimit -Hn %d && exec "$@"' % (soft, hard)
        serve = [TOOLS / "local-cloud", "serve", "--ephemeral", "--json", "--data", data, *arguments]
        self.process = Process(["sh", "-c", command, "sh", *serve])
        self.about = json.loads(self.process.wait_for(r"\A(.*)\n", 30).group(1))

    def status(self):
        """Ask for the status as the page does, on a new connection."""
        with open_peer(self.about, "http") as sock:
            token = "Authorization: Bearer %s" % self.about["api_token"]
            sock.sendall(request(self.about, "http", "GET", "/local/v1/status", token, "Connection: close"))
            head = read_head(sock)
            assert head.startswith("HTTP/1.1 200 "), head
            size = int(re.search(r"content-length: (\d+)", head).group(1))
            return json.loads(sock.recv(size, socket.MSG_WAITALL))

    def stop(self):
        return self.process.stop()


@pytest.fixture(scope="module", autouse=True)
def many_files():
    """Let the tests themselves open as many files as they may."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    raise_descriptor_limit()
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """A cloud that may open 1024 files, as is usual, and has no more to ask for."""
    cloud = LimitedCloud(tmp_path_factory.mktemp("cloud"), 1024, 1024)
    yield cloud
    cloud.stop()


@pytest.fixture
def flood(limited):
    """`flood(port, count, words)` opens connections that say no more than that, until the end of the test."""
    with ExitStack() as stack:

        def open_them(port, count=FLOOD, words=b""):
            for _ in range(count):
                # paho-mqtt needs a low descriptor for itself.
                with open_socket(limited.about, port) as sock:
                    sock.sendall(words)
                    stack.callback(os.close, fcntl.fcntl(sock.fileno(), fcntl.F_DUPFD, 1024))

        yield open_them


@pytest.mark.parametrize("port", PORTS)
def test_a_device_and_the_page_get_in_beside_a_flood_on_any_port(limited, flood, make_device, port):
    flood(port)
    device = make_device(limited.about, port="mqtts_port")
    assert device.connect() == "Success"
    device.publish_records([{0: "clk", 3: port}])
    assert limited.status()["counts"]["connections_gave_way"] > FLOOD / 2


def test_a_flood_leaves_few_lines_and_spares_the_descriptors(limited, flood):
    before = len(limited.process.stderr)
    for port in PORTS:
        flood(port, 500)
    limited.status()
    assert len(limited.process.stderr) - before < 5000
    assert len(list(Path("/proc/%d/fd" % limited.process.pid).iterdir())) < 700


def test_devices_that_are_connected_keep_their_connections_in_a_flood(limited, flood, make_device):
    # Only with its certificate is a device bound to one client identifier.
    names = {"mqtt_port": "a", "mqtts_port": "b", "ws_port": "c", "wss_port": "d", "mtls_port": None}
    devices = [make_device(limited.about, port=port, client_id=name) for port, name in names.items()]
    for device in devices:
        assert device.connect() == "Success"
        flood("https", 300)
    for device in devices:
        device.publish_records([{0: "clk", 3: "still here"}])


def test_a_flood_of_half_requests_gives_way_too(limited, flood, make_device):
    flood("http", 500, b"GET / HT")
    flood("mqtts", 500, b"\x16\x03\x01")
    assert make_device(limited.about, port="mqtts_port").connect() == "Success"
    limited.status()


def test_the_limit_of_open_files_is_raised_as_far_as_the_system_lets_it(tmp_path):
    cloud = LimitedCloud(tmp_path, 256, 1500)
    try:
        soft, hard = resource.prlimit(cloud.process.pid, resource.RLIMIT_NOFILE)
        assert (soft, hard) == (1500, 1500)
    finally:
        cloud.stop()


def test_a_failed_accept_is_counted_and_logged_once_and_ends_nothing(tmp_path, make_device):
    cloud = LimitedCloud(tmp_path, 1024, 1024)
    try:
        used = len(list(Path("/proc/%d/fd" % cloud.process.pid).iterdir()))
        with ExitStack() as stack:
            # The system takes back what it had given: nothing more can be opened.
            resource.prlimit(cloud.process.pid, resource.RLIMIT_NOFILE, (used, 1024))
            for _ in range(20):
                stack.enter_context(open_socket(cloud.about, "mqtts"))
            cloud.process.wait_for("could not be accepted: Too many open files", 15, "stderr")
            resource.prlimit(cloud.process.pid, resource.RLIMIT_NOFILE, (1024, 1024))
            assert make_device(cloud.about, port="mqtts_port").connect() == "Success"
            assert cloud.status()["counts"]["accepts_failed"] >= 1
            assert cloud.process.stderr.count("could not be accepted") == 1
            assert len(cloud.process.stderr) < 3000
    finally:
        cloud.stop()
