"""Connections before a log-in are mosquitto's: what its configuration holds off, so that workers go on."""

import contextlib
import socket

import pytest
from loads import VARIABLES, at_broker, stored_numbers
from processes import Process
from raw_peers import connect_packet, read_to_the_end
from toolchain.paths import TOOLS

MOST = 20


def silent(stack, port, count):
    for _ in range(count):
        stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))


@pytest.fixture
def small_fleet(start_fleet):
    """A fleet whose mosquitto takes few devices."""
    return start_fleet(workers=1, arguments=("--connections", str(MOST)))


def test_workers_and_other_listeners_get_in_while_one_listener_is_full(small_fleet, api_of, make_device):
    api = api_of(small_fleet.workers[0].about)
    project = at_broker(api.make_project(*VARIABLES), small_fleet)
    with contextlib.ExitStack() as stack:
        silent(stack, small_fleet.tls_port, MOST + 5)
        # A second worker comes, and a device at the workers' listener.
        second = api_of(small_fleet.start_worker().about)
        device = make_device(project)
        assert device.connect() == "Success"
        device.publish_records([{0: "count", 2: 7}])
        assert stored_numbers(second, project, 7) == [7]
        small_fleet.broker.wait_for("max_connections exceeded", 10, "stderr")


def test_a_packet_that_is_too_large_ends_the_connection_before_it_has_come(fleet):
    with socket.create_connection(("127.0.0.1", fleet.port), 10) as sock:
        # A CONNECT that announces 256 MB, of which little comes.
        sock.sendall(b"\x10\xff\xff\xff\x7f" + connect_packet("x", "x", "x")[2:])
        assert read_to_the_end(sock) == b""


@pytest.mark.parametrize("text", ["0", "-1", "many"])
def test_a_number_of_connections_that_cannot_be_meant_is_refused(tmp_path, text):
    ended = Process([TOOLS / "local-cloud", "broker-config", "--data", tmp_path, "--connections=" + text]).wait(20)
    assert ended.returncode == 2
    assert "expected a whole number from 1, got %r" % text in ended.stderr
