"""Files of the data folder that are lost, empty, garbled, open to others or somebody else's: what a start says."""

import errno
import os
import pwd
import shutil
import sqlite3
import stat
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from enrolment import call
from forked_cloud import ForkedCloud
from local_clouds import LocalCloud
from localcloud.files import in_words
from processes import Process
from toolchain.paths import TOOLS

KEY, ROOT_CERTIFICATE = "certificates/ca.key.pem", "certificates/ca.pem"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A data folder that has been used, and what its cloud said about itself."""
    folder = tmp_path_factory.mktemp("kept") / "data"
    cloud = LocalCloud(folder)
    assert cloud.stop() == 0
    return folder, cloud.about


@pytest.fixture
def data(kept, tmp_path):
    """The test's own copy of the data folder."""
    return Path(shutil.copytree(kept[0], tmp_path / "data"))


def refused(data, *arguments):
    """Start a cloud that refuses to start, and return the one line that it says."""
    finished = ForkedCloud(["serve", "--ephemeral", "--json", "--data", data, *arguments]).wait()
    assert finished.returncode == 1 and finished.stdout == "", finished.stdout
    (line,) = finished.stderr.splitlines()
    return line


def lose(path, found):
    """Leave only `found` in the file, or nothing at all."""
    if found is None:
        path.unlink()
    else:
        path.write_bytes(found)


def content(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# The authority.


@pytest.mark.parametrize("name", [KEY, ROOT_CERTIFICATE])
@pytest.mark.parametrize("store", ["with its store", "without a store"])
def test_a_lost_authority_is_not_replaced_unasked(data, name, store):
    (data / name).unlink()
    if store == "without a store":
        for path in data.glob("cloud.sqlite3*"):
            path.unlink()
    before = content(data / "certificates")
    line = refused(data)
    assert "%s is missing" % (data / name) in line
    for text in ("restore ca.key.pem and ca.pem from a backup", "local-cloud new-authority --data %s" % data):
        assert text in line
    assert content(data / "certificates") == before


def test_an_authority_of_which_nothing_is_left_is_not_replaced_while_the_store_relies_on_it(data):
    shutil.rmtree(data / "certificates")
    shutil.rmtree(next(data.glob("devices/*/")))
    assert "is missing, although the store relies on it" in refused(data)


def test_a_link_that_leads_nowhere_is_a_lost_authority(data, tmp_path):
    (data / KEY).unlink()
    (data / KEY).symlink_to(tmp_path / "unplugged")
    assert "%s is missing" % (data / KEY) in refused(data)
    assert (data / KEY).is_symlink()


@pytest.mark.parametrize("garbage", [b"", bytes(300), b"-----BEGIN PRIVATE KEY-----\nAAAA\n", b"\xff\xfe\x00"])
@pytest.mark.parametrize("name", [KEY, ROOT_CERTIFICATE])
def test_a_garbled_authority_is_one_line(data, name, garbage):
    (data / name).write_bytes(garbage)
    line = refused(data)
    assert "%s holds no " % (data / name) in line and "from a backup" in line


def test_key_and_certificate_of_two_authorities_are_one_line(data):
    (data / KEY).write_bytes((data / "certificates" / "server.key.pem").read_bytes())
    line = refused(data)
    assert "%s does not belong to the key in %s" % (data / ROOT_CERTIFICATE, data / KEY) in line


def test_lost_copies_for_boards_are_written_again(data, start_local_cloud):
    before = (data / "certificates" / "ca.der").read_bytes()
    (data / "certificates" / "ca.der").unlink()
    (data / "certificates" / "ca.key.der").write_bytes(b"garbled")
    cloud = start_local_cloud(data=data)
    assert (data / "certificates" / "ca.der").read_bytes() == before
    cloud.process.wait_for("ca.der was missing or outdated", stream="stderr")
    assert (data / "certificates" / "ca.key.der").stat().st_size > 100


def test_a_first_start_that_was_killed_early_is_done_again(data, start_local_cloud, tmp_path):
    for kept in ("ca.key.der", "ca.key.pem"):  # the first files that a start writes
        folder = tmp_path / kept
        (folder / "certificates").mkdir(parents=True)
        (folder / "certificates" / kept).write_bytes((data / "certificates" / kept).read_bytes())
        assert start_local_cloud(data=folder).stop() == 0


# The token and the secrets.


def status(cloud, token):
    """Return the HTTP status with which the local API answers this token."""
    request = urllib.request.Request(cloud.http + "/local/v1/status", headers={"Authorization": "Bearer " + token})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("found", [b"", b"\n", bytes(32), None])
def test_a_lost_token_opens_nothing(kept, data, start_local_cloud, found):
    lose(data / "api_token", found)
    cloud = start_local_cloud(data=data)
    assert len(cloud.api_token) >= 32 and cloud.api_token not in (kept[1]["api_token"], "")
    for token in ("", kept[1]["api_token"]):
        assert status(cloud, token) == 401
    assert status(cloud, cloud.api_token) == 200
    was = "missing" if found is None else "empty"
    cloud.process.wait_for("api_token was %s: it holds a new token" % was, stream="stderr")
    assert cloud.api_token not in cloud.process.stderr


@pytest.mark.parametrize("found", [b"short", b"x" * 300, b"with a space in it, and long", b"\xc3\xa4" * 20])
def test_a_token_that_nobody_should_use_is_refused(data, found):
    (data / "api_token").write_bytes(found)
    line = refused(data)
    assert "api_token holds " in line and "remove the file" in line
    assert found.decode() not in line


@pytest.mark.parametrize("whose", ["devices", "users"])
@pytest.mark.parametrize("found", [None, b"", b"tiny", bytes(40)])
def test_a_lost_secret_is_explained(data, whose, found):
    path = data / whose / "default.secret"
    lose(path, found)
    line = refused(data)
    what = "the default device" if whose == "devices" else "the default user's API key"
    assert str(path) in line and "It is the secret of %s" % what in line
    assert "from a backup" in line and "serve --replace-lost" in line
    assert b"tiny" not in line.encode()


def test_lost_secrets_are_replaced_on_purpose(kept, data, start_local_cloud, make_device):
    for whose in ("devices", "users"):
        (data / whose / "default.secret").unlink()
    cloud = start_local_cloud("--replace-lost", data=data)
    before = kept[1]
    assert cloud.secret != before["secret"] and cloud.device_id == before["device_id"]
    assert make_device(cloud.about).connect() == "Success"
    assert make_device(cloud.about, secret=before["secret"]).connect() == "Not authorized"
    assert call(cloud.about, "GET", "/iot/v2/devices")
    with pytest.raises(urllib.error.HTTPError):
        call({**cloud.about, "api_key_secret": before["api_key_secret"]}, "GET", "/iot/v2/devices")
    cloud.stop()
    assert cloud.process.stderr.count("has a new one now") == 2
    for secret in (cloud.secret, cloud.api_key_secret):
        assert secret not in cloud.process.stderr
    again = start_local_cloud("--replace-lost", data=data)
    assert again.secret == cloud.secret and again.api_key_secret == cloud.api_key_secret


@pytest.mark.parametrize("found", ["", "00", "zz" * 32])
def test_a_key_of_tokens_that_is_none_is_replaced(data, start_local_cloud, found):
    with sqlite3.connect(data / "cloud.sqlite3") as store:
        store.execute("UPDATE settings SET value = ? WHERE name = 'token_key'", (found,))
    store.close()
    cloud = start_local_cloud(data=data)
    assert call(cloud.about, "GET", "/iot/v2/devices")
    cloud.process.wait_for("token_key of the store holds no key", stream="stderr")


# Other files.


def test_rights_of_others_at_secrets_are_taken_away(data, start_local_cloud):
    names = ["api_token", "devices/default.secret", "users/default.secret", KEY, "certificates/server.key.der"]
    for name in names:
        (data / name).chmod(0o644)
    cloud = start_local_cloud(data=data)
    for name in names:
        assert stat.S_IMODE((data / name).stat().st_mode) == 0o600, name
        cloud.process.wait_for(r"other users had rights at %s \(mode 644\)" % (data / name), stream="stderr")


@pytest.mark.parametrize("garbage", [b"no database at all\n" * 99, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_store_that_is_no_database_is_one_line(data, garbage):
    for path in data.glob("cloud.sqlite3-*"):
        path.unlink()
    (data / "cloud.sqlite3").write_bytes(garbage)
    line = refused(data)
    assert str(data / "cloud.sqlite3") in line and "from a backup" in line


def test_an_empty_store_does_not_take_the_place_of_a_lost_one_unnoticed(data, tmp_path):
    for path in data.glob("cloud.sqlite3*"):
        path.unlink()
    for folder, lines in ((data, 1), (tmp_path / "new", 0)):
        cloud = LocalCloud(folder)
        assert cloud.stop() == 0
        said = "%s is missing" % (folder / "cloud.sqlite3")
        assert cloud.process.stderr.count(said) == lines, cloud.process.stderr


@pytest.mark.parametrize("name", ["api_token", KEY, "devices/default.secret", "cloud.sqlite3", "lock", "certificates"])
def test_something_else_in_place_of_a_file_is_one_line(data, name):
    path = data / name
    if path.is_dir():
        shutil.rmtree(path)
        path.write_bytes(b"")
    else:
        path.unlink(missing_ok=True)
        path.mkdir()
    assert str(path) in refused(data)


def test_a_data_folder_that_is_a_file_is_one_line(tmp_path):
    (tmp_path / "data").write_bytes(b"")
    assert str(tmp_path / "data") in refused(tmp_path / "data")


def test_a_file_of_another_user_is_said_to_be_theirs(data, monkeypatch):
    path = data / "api_token"
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    line = in_words(PermissionError(errno.EACCES, "Permission denied", str(path)))
    owner = pwd.getpwuid(path.stat().st_uid).pw_name
    assert line.startswith("%s: Permission denied; %s belongs to %s" % (path, path, owner)) and "\n" not in line
    assert in_words(OSError("cannot say why")) == "cannot say why"


# What commands find.


@pytest.mark.parametrize("garbage", [b"", b"{", b"[]", b'{"https": 5}', b'{"data": "x"}', b'{"https": "https://"}'])
def test_a_garbled_description_of_a_running_cloud_is_one_line(tmp_path, garbage):
    (tmp_path / "running.json").write_bytes(garbage)
    finished = Process([TOOLS / "local-cloud", "devices", "list", "--data", tmp_path]).wait()
    assert finished.returncode == 1 and finished.stdout == ""
    (line,) = finished.stderr.splitlines()
    assert "%s is garbled" % (tmp_path / "running.json") in line


@pytest.mark.parametrize("option", ["--broker", "--database"])
def test_an_empty_address_does_not_start_a_cloud_of_another_kind(tmp_path, option):
    finished = ForkedCloud(["serve", "--ephemeral", "--data", tmp_path / "data", option, ""]).wait()
    assert finished.returncode == 2 and finished.stdout == ""
    assert "%s, or its variable LOCAL_CLOUD_%s, is empty" % (option, option[2:].upper()) in finished.stderr
