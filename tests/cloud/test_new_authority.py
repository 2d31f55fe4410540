"""`local-cloud new-authority`: made on purpose, while no cloud runs, and nothing of before is lost."""

import shutil
import socket
import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from enrolment import call, enrol
from forked_cloud import ForkedCloud


def new_authority(data):
    return ForkedCloud(["new-authority", "--data", data]).wait()


def present_in_vain(cloud, files):
    """Present a certificate, and wait until the cloud has ended the connection, sooner than one that says nothing."""
    context = ssl.create_default_context(cafile=cloud.ca_file)
    context.load_cert_chain(files.certificate, files.key)
    with suppress(ssl.SSLError, ConnectionError):
        with socket.create_connection(("127.0.0.1", cloud.mtls_port), 5) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as tls:
                assert tls.recv(1) == b""


def warnings(api):
    return api.request("GET", "/status")["warnings"]


def test_boards_need_the_new_root_and_what_was_before_is_put_aside(start_local_cloud, make_device, api_of, tmp_path):
    first = start_local_cloud(data=tmp_path / "data")
    made = call(first.about, "PUT", "/iot/v2/devices", {"type": "login_and_secretkey_wifi", "name": "Board"})
    issued = enrol(first.about, made["id"], tmp_path)
    first.stop()
    old = {path.name: path.read_bytes() for path in (tmp_path / "data" / "certificates").iterdir()}
    old_root = tmp_path / "old.pem"
    shutil.copy(first.ca_file, old_root)

    done = new_authority(tmp_path / "data")
    assert done.returncode == 0, done.stderr
    (aside,) = (tmp_path / "data").glob("certificates-before-*")
    assert str(aside) in done.stdout and "Every board must get the new root" in done.stdout
    assert {path.name: path.read_bytes() for path in aside.iterdir() if path.is_file()} == old
    assert len(list(aside.glob("devices/%s/client.*" % first.device_id))) == 4
    assert aside.stat().st_mode & 0o077 == 0

    second = start_local_cloud(data=tmp_path / "data")
    assert Path(second.ca_file).read_bytes() != old_root.read_bytes()
    assert (second.device_id, second.secret) == (first.device_id, first.secret)
    for port in ("mqtts_port", "mtls_port"):
        assert make_device(second.about, port=port).connect("localhost") == "Success"
    with pytest.raises(ssl.SSLCertVerificationError):
        make_device(second.about, port="mqtts_port", ca_file=str(old_root)).connect("localhost")
    present_in_vain(second, issued)
    (told,) = warnings(api_of(second.about))
    assert "issued by another authority" in told and "Board (%s)" % made["id"] in told


def test_names_of_the_server_stay(start_local_cloud, tmp_path):
    first = start_local_cloud("--address", "127.0.0.2", data=tmp_path / "data")
    first.stop()
    assert new_authority(tmp_path / "data").returncode == 0
    server = x509.load_pem_x509_certificate((tmp_path / "data" / "certificates" / "server.pem").read_bytes())
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "127.0.0.2" in map(str, names.get_values_for_type(x509.IPAddress))


def test_a_lost_authority_is_replaced_on_purpose(start_local_cloud, make_device, tmp_path):
    data = tmp_path / "data"
    start_local_cloud(data=data).stop()
    shutil.rmtree(data / "certificates")
    assert ForkedCloud(["serve", "--ephemeral", "--data", data]).wait().returncode == 1
    assert new_authority(data).returncode == 0
    cloud = start_local_cloud(data=data)
    for port in ("mqtts_port", "mtls_port"):
        assert make_device(cloud.about, port=port).connect("localhost") == "Success"


def test_a_cloud_that_runs_keeps_its_authority(start_local_cloud, tmp_path):
    cloud = start_local_cloud(data=tmp_path / "data")
    before = Path(cloud.ca_file).read_bytes()
    done = new_authority(tmp_path / "data")
    assert done.returncode == 1 and "another local cloud uses %s; stop it first" % cloud.data in done.stderr
    assert Path(cloud.ca_file).read_bytes() == before


def test_a_folder_without_a_cloud_is_not_made(tmp_path):
    done = new_authority(tmp_path / "nowhere")
    assert done.returncode == 1 and "no local cloud in %s" % (tmp_path / "nowhere") in done.stderr
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "empty").mkdir()
    done = new_authority(tmp_path / "empty")
    assert done.returncode == 1 and "no local cloud in" in done.stderr
    assert not list((tmp_path / "empty").iterdir())
