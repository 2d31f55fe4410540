"""Files of `broker-config` that are lost or garbled: what it and `serve` say."""

import pytest
from forked_cloud import ForkedCloud
from toolchain.parts.mosquitto import dynamic_security


@pytest.fixture
def configure(tmp_path):
    """`configure()` runs `broker-config` and returns the finished process."""
    command = ["broker-config", "--data", tmp_path, "--plugin", dynamic_security()]
    return lambda: ForkedCloud(command).wait()


@pytest.mark.parametrize("found", [None, b"", b"tiny", bytes(40)])
def test_a_lost_password_of_the_workers_is_one_line(configure, tmp_path, found):
    assert configure().returncode == 0
    path = tmp_path / "mosquitto" / "worker.secret"
    kept = path.read_bytes()
    path.unlink() if found is None else path.write_bytes(found)
    finished = configure()
    (line,) = finished.stderr.splitlines()
    assert finished.returncode == 1 and line.startswith("local-cloud: %s " % path)
    assert "the workers' password at the broker" in line and "mosquitto_ctrl dynsec setClientPassword" in line
    path.write_bytes(kept)
    assert configure().returncode == 0


def test_a_lost_authority_is_not_replaced_by_another_configuration(configure, tmp_path):
    assert configure().returncode == 0
    path = tmp_path / "certificates" / "ca.key.pem"
    path.unlink()
    finished = configure()
    (line,) = finished.stderr.splitlines()
    assert finished.returncode == 1 and "%s is missing" % path in line and not path.exists()


@pytest.mark.parametrize("garbage", [b"", b"{", b"[1]", b'{"mqtt_port": "x"}'])
def test_a_garbled_list_of_listeners_is_one_line(configure, tmp_path, garbage):
    assert configure().returncode == 0
    path = tmp_path / "mosquitto" / "listeners.json"
    path.write_bytes(garbage)
    options = ["--broker", "mqtt://local-cloud:secret@127.0.0.1:1", "--database", "postgresql://u:p@127.0.0.1:1/x"]
    finished = ForkedCloud(["serve", "--ephemeral", "--data", tmp_path, *options]).wait()
    (line,) = finished.stderr.splitlines()
    assert finished.returncode == 1
    assert "%s is garbled: run `local-cloud broker-config` again" % path in line


def test_an_address_without_a_password_is_refused(tmp_path):
    for url in ("", "mqtt://", "mqtt://local-cloud@127.0.0.1:1", "mqtt://local-cloud:@127.0.0.1:1"):
        options = ["--broker", url, "--database", "postgresql://u:p@127.0.0.1:1/x"]
        finished = ForkedCloud(["serve", "--ephemeral", "--data", tmp_path, *options]).wait()
        (line,) = finished.stderr.splitlines()
        assert finished.returncode in (1, 2) and "broker" in line, (url, line)
