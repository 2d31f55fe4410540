"""Certificates: who gets in with one, how the server's is renewed, and the warnings before any of them ends."""

import asyncio
import datetime
import os
import re
import socket
import sqlite3
import ssl
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from enrolment import call, enrol, sign, sign_files
from localcloud.identity.certificates import Authority
from localcloud.identity.key_files import KeyFiles, load_certificate
from localcloud.traffic.live import Live
from localcloud.watch.certificate_watch import CertificateWatch
from localcloud.watch.condition import Condition

REFUSED = "Not authorized"
WAIT_S = 10


def show(make_device, about, files):
    """Return what the broker says to a device that presents the certificate."""
    paths = {"client_cert": str(files.certificate), "client_key": str(files.key)}
    return make_device({**about, **paths}, port="mtls_port").connect("localhost")


def https_port(about):
    return int(about["https"].rsplit(":", 1)[1])


def ports(about):
    """Return the ports of all listeners with TLS."""
    return [about["mqtts_port"], about["mtls_port"], about["wss_port"], https_port(about)]


def shown(about, port):
    """Return the serial number of the certificate that a listener shows."""
    context = ssl.create_default_context(cafile=about["ca_file"])
    context.load_cert_chain(about["client_cert"], about["client_key"])
    with socket.create_connection(("127.0.0.1", port), WAIT_S) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as tls:
            return x509.load_der_x509_certificate(tls.getpeercert(binary_form=True)).serial_number


def eventually(found):
    """Wait until `found()` returns something true, and return it."""
    deadline = time.monotonic() + WAIT_S
    while not (result := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return result


def warnings(api):
    return api.request("GET", "/status")["warnings"]


def files_of(data, name):
    return KeyFiles.at(Path(data) / "certificates", name)


def day(days):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y-%m-%d")


# Who gets in.


def test_a_certificate_that_the_cloud_has_not_issued_lets_nobody_in(project, local_cloud, make_device, tmp_path):
    for device_id in (project["device_id"], local_cloud.device_id):
        forged = sign_files(local_cloud.data, tmp_path, device_id)
        assert show(make_device, {**project, "device_id": device_id}, forged) == REFUSED
    assert show(make_device, project, enrol(local_cloud.about, project["device_id"], tmp_path)) == "Success"


def test_the_default_device_has_a_certificate_of_its_own(local_cloud, make_device):
    assert make_device(local_cloud.about, port="mtls_port").connect("localhost") == "Success"


def test_a_new_certificate_of_the_default_device_ends_the_old_one(start_local_cloud, make_device, tmp_path):
    first = start_local_cloud(data=tmp_path / "data")
    first.stop()
    old = KeyFiles.at(tmp_path, "old")
    for name, path in (("client_key", old.key), ("client_cert", old.certificate)):
        os.replace(first.about[name], path)
    second = start_local_cloud(data=tmp_path / "data")
    assert make_device(second.about, port="mtls_port").connect("localhost") == "Success"
    assert show(make_device, second.about, old) == REFUSED


# The server's certificate.


def test_the_servers_certificate_is_renewed_while_connections_last(start_local_cloud, make_device, api_of, tmp_path):
    cloud = start_local_cloud(data=tmp_path / "data")
    about = cloud.about
    before = {port: shown(about, port) for port in ports(about)}
    projects = [api_of(about).make_project(("clk", "CHARSTRING", "READ_ONLY")) for _ in range(2)]
    devices = [make_device(about, port="mtls_port")]
    devices += [make_device(each, port=port) for each, port in zip(projects, ("mqtts_port", "wss_port"))]
    for device in devices:
        assert device.connect("localhost") == "Success"
    files = files_of(cloud.data, "server")
    # As it is when time has passed: the certificate ends within the time in which it is renewed.
    files.write(*sign(cloud.data, "localhost", days=(-700, 59), server=True))
    eventually(lambda: all(shown(about, port) != before[port] for port in ports(about)))
    now = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    assert {shown(about, port) for port in ports(about)} == {now.serial_number}
    assert now.not_valid_after_utc > datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=600)
    for device in devices:
        device.publish_records([{0: "clk", 3: "still here"}])
    assert warnings(api_of(about)) == []
    cloud.process.wait_for("new connections are shown the server's certificate", stream="stderr")


def test_a_certificate_of_the_server_that_cannot_be_renewed_is_told(start_local_cloud, api_of, tmp_path):
    cloud = start_local_cloud(data=tmp_path / "data")
    api = api_of(cloud.about)
    files = files_of(cloud.data, "server")
    # A folder in its place takes away the right to write the file, also from root.
    files.certificate.unlink()
    files.certificate.mkdir()
    (told,) = eventually(lambda: warnings(api))
    assert told.startswith("the server's certificate cannot be renewed: ") and str(files.certificate) in told
    files.certificate.rmdir()
    eventually(lambda: not warnings(api))
    assert shown(cloud.about, cloud.mqtts_port)


@pytest.mark.parametrize("name", ["key", "certificate"])
def test_a_garbled_certificate_of_the_server_is_made_again(start_local_cloud, tmp_path, name):
    first = start_local_cloud(data=tmp_path / "data")
    first.stop()
    path = getattr(files_of(first.data, "server"), name)
    path.write_bytes(b"garbled")
    second = start_local_cloud(data=tmp_path / "data")
    assert shown(second.about, second.mqtts_port)
    second.process.wait_for("%s holds no .*: a new key and certificate are made" % path, stream="stderr")


def test_a_key_of_the_server_that_does_not_fit_is_made_again(start_local_cloud, tmp_path):
    first = start_local_cloud(data=tmp_path / "data")
    first.stop()
    files = files_of(first.data, "server")
    files.key.write_bytes(Path(first.client_key).read_bytes())
    second = start_local_cloud(data=tmp_path / "data")
    assert shown(second.about, second.mqtts_port)
    second.process.wait_for("%s does not belong to the key" % files.certificate, stream="stderr")


# Warnings before the end.


def test_an_authority_that_ends_is_told_from_30_days_before(start_local_cloud, api_of, tmp_path):
    for days, is_told in ((29, True), (31, False), (-1, True)):
        data = tmp_path / str(days)
        (data / "certificates").mkdir(parents=True)
        make_authority(data, days)
        cloud = start_local_cloud(data=data)
        told = [text for text in warnings(api_of(cloud.about)) if "authority" in text]
        assert bool(told) == is_told, (days, told)
        if is_told:
            assert ("ends" if days > 0 else "ended") + " on " + day(days) in told[0], told
            assert "new-authority" in told[0]
            cloud.process.wait_for(re.escape(told[0]), stream="stderr")
        cloud.stop()


def make_authority(data, days):
    """Make an authority that ends in so many days."""
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    born = end - datetime.timedelta(days=365 * 30 - 1)
    Authority(data / "certificates", clock=lambda: born)


def test_certificates_of_devices_that_end_are_told_by_name(start_local_cloud, api_of, tmp_path):
    cloud = start_local_cloud(data=tmp_path / "data")
    about = cloud.about
    issued = {}
    for number, days in enumerate((5, 29, 31, *[3] * 12)):
        name = "Board %d" % number
        made = call(about, "PUT", "/iot/v2/devices", {"type": "login_and_secretkey_wifi", "name": name})
        enrol(about, made["id"], tmp_path)
        issued[name] = made["id"], sign(cloud.data, made["id"], days=(-300, days))[1]
    cloud.stop()
    default = KeyFiles.at(Path(about["client_key"]).parent, "client")
    default.write(*sign(cloud.data, cloud.device_id, days=(-300, 20)))
    # Certificates last 20 years. In the store are some that were issued nearly 20 years ago.
    with sqlite3.connect(tmp_path / "data" / "cloud.sqlite3") as store:
        for device_id, certificate in issued.values():
            der = certificate.public_bytes(Encoding.DER)
            store.execute("UPDATE device_certificates SET der = ? WHERE device_id = ?", (der, device_id))
    store.close()
    cloud = start_local_cloud(data=tmp_path / "data")
    of_default, of_devices = warnings(api_of(cloud.about))
    assert "the default device ends on " + day(20) in of_default
    assert "Board 0 (%s, %s)" % (issued["Board 0"][0], day(5)) in of_devices
    assert "Board 1 (" in of_devices and "Board 2 (" not in of_devices and "and 4 more" in of_devices


def test_a_cloud_whose_certificates_last_warns_of_nothing(local_cloud, api):
    assert not [text for text in warnings(api) if "certificate" in text]


def test_a_start_that_cannot_renew_the_servers_certificate_goes_on_with_it(start_local_cloud, api_of, tmp_path):
    first = start_local_cloud(data=tmp_path / "data")
    first.stop()
    files = files_of(first.data, "server")
    files.write(*sign(first.data, "localhost", days=(-700, 20), server=True))
    before = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    # A folder in its place takes away the right to write the file, also from root.
    files.key_der.unlink()
    files.key_der.mkdir()
    second = start_local_cloud(data=tmp_path / "data")
    assert shown(second.about, second.mqtts_port) == before.serial_number
    (told,) = warnings(api_of(second.about))
    assert told.startswith("the server's certificate cannot be renewed: ")
    files.key_der.rmdir()
    os.utime(files.certificate)
    eventually(lambda: not warnings(api_of(second.about)))
    assert shown(second.about, second.mqtts_port) != before.serial_number


@pytest.mark.parametrize("name", ["key", "certificate"])
def test_an_authority_that_gets_lost_while_the_cloud_runs_is_told(start_local_cloud, api_of, tmp_path, name):
    cloud = start_local_cloud(data=tmp_path / "data")
    path = getattr(files_of(cloud.data, "ca"), name)
    path.rename(tmp_path / "kept")
    (told,) = eventually(lambda: warnings(api_of(cloud.about)))
    assert told.startswith("%s is missing: " % path) and "from a backup" in told
    (tmp_path / "kept").rename(path)
    eventually(lambda: not warnings(api_of(cloud.about)))


def test_new_names_of_the_machine_get_into_the_certificate(tmp_path):
    authority, client = Authority(tmp_path / "certificates"), KeyFiles.at(tmp_path, "client")
    found, renewed, renamed = [("192.0.2.1", "host")], [], []
    watch = CertificateWatch(
        authority,
        None,
        Condition(Live()),
        client,
        names=lambda: found[-1],
        shares_folder=False,
        renewed=renewed.append,
        renamed=renamed.append,
    )
    first = load_certificate(watch.server(found[-1]).certificate)
    asyncio.run(watch.look_at_names())
    assert not renewed and not renamed
    found.append(("192.0.2.77", "host"))  # a new lease of the router
    asyncio.run(watch.look_at_names())
    second = load_certificate(renewed.pop().certificate)
    assert "192.0.2.1" in addresses(first) and "192.0.2.77" in addresses(second) and renamed == [found[-1]]
    found.append(())  # no network for a while
    asyncio.run(watch.look_at_names())
    assert not renewed and len(renamed) == 1


def test_workers_that_share_a_folder_keep_each_others_names(tmp_path):
    for name in ("192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2"):
        files = Authority(tmp_path / "certificates").server((name,), keep_names=True)
    certificate = load_certificate(files.certificate)
    assert {"192.0.2.1", "192.0.2.2"} <= addresses(certificate)
    assert load_certificate(Authority(tmp_path / "certificates").server(("192.0.2.1",)).certificate) == certificate


def addresses(certificate):
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(map(str, names.get_values_for_type(x509.IPAddress)))
