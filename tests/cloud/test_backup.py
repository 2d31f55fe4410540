"""A backup is taken while the cloud runs, and restored on an empty machine: devices reconnect and nothing is missing."""

import gzip
import io
import json
import os
import random
import signal
import sqlite3
import stat
import tarfile
import time
from contextlib import closing

import pytest
from brokers import free_ports
from forked_cloud import ForkedCloud
from localcloud.backup import BackupRefused
from localcloud.backup.archive import Reader, Writer
from localcloud.backup.restoring import restore
from localcloud.backup.sealed import Sealer, Unsealer
from localcloud.store.models import SCHEMA_VERSION

PASSPHRASE = "correct horse"
SEALED = {"LOCAL_CLOUD_PASSPHRASE": PASSPHRASE}
KILLS = 12
LONGEST = 0.25
"""A kill comes within this many seconds: about as long as a backup of the small folder takes."""


class Ended:
    """A command that has ended."""

    def __init__(self, process):
        done = process.wait(30)
        self.code, self.out, self.error = done.returncode, done.stdout, done.stderr

    @property
    def refusal(self):
        """What it said when it refused, in one line."""
        assert self.code in (1, 2) and self.error.count("\n") == 1, (self.code, self.error)
        return self.error


@pytest.fixture
def run():
    """`run(*words, env=None, wait=True)` -> what became of that `local-cloud` command."""
    made = []

    def start(*words, env=None, wait=True):
        made.append(ForkedCloud([str(word) for word in words], {**os.environ, **(env or {})}))
        return Ended(made[-1]) if wait else made[-1]

    yield start
    for process in made:
        process.stop()


@pytest.fixture(scope="module")
def stopped_data(tmp_path_factory):
    """The data folder of a cloud that has stopped. Leave it as it is."""
    from local_clouds import LocalCloud

    folder = tmp_path_factory.mktemp("stopped") / "data"
    assert LocalCloud(folder).stop() == 0
    return folder


@pytest.fixture(scope="module")
def backup(stopped_data, tmp_path_factory):
    """A backup of that folder."""
    path = tmp_path_factory.mktemp("backups") / "backup"
    assert Ended(ForkedCloud(["backup", str(path), "--data", str(stopped_data)])).code == 0
    return path


def contents(folder):
    """Return every file of a data folder that a backup has, except for the database."""
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("cloud.sqlite3")]
    own = ("lock", "audit-notes.jsonl")
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if path.name not in own}


def settings(folder):
    with closing(sqlite3.connect(folder / "cloud.sqlite3")) as connection:
        return connection.execute("SELECT name, value FROM settings ORDER BY name").fetchall()


def with_ports(about, cloud):
    return {**about, **{name: port for name, port in cloud.about.items() if name.endswith("_port")}}


def test_devices_go_on_at_a_restored_cloud(start_local_cloud, make_device, api_of, run, tmp_path):
    ports = free_ports(3)
    options = [word for each in zip(("--mqtt-port", "--mtls-port", "--http-port"), ports) for word in each]
    cloud = start_local_cloud(*options, data=tmp_path / "data")
    project = api_of(cloud.about).make_project(("count", "INT", "READ_WRITE"))
    device = make_device(project)
    assert device.connect() == "Success"
    for number in range(50):
        device.publish_records([{0: "count", 2: number}])
    assert run("backup", tmp_path / "backup", "--data", tmp_path / "data").code == 0
    device.publish_records([{0: "count", 2: 99}])
    cloud.process.kill()
    cloud.process.wait()
    restored = run("restore", tmp_path / "backup", "--data", tmp_path / "elsewhere" / "data")
    assert restored.code == 0, restored.error

    again = start_local_cloud(*options, data=tmp_path / "elsewhere" / "data")
    for about, port in ((project, "mqtt_port"), ({**again.about, "client_cert": cloud.client_cert}, "mtls_port")):
        assert make_device(about, port=port).connect("localhost") == "Success"
    api = api_of(again.about)
    assert api.variable("count", project["thing_id"])["value"] == 49
    assert [each["value"] for each in api.history("count", project["thing_id"])] == list(range(50))
    notes = [each["action"] for each in api.request("GET", "/audit")]
    assert "backup restored" in notes
    for name in ("api_token", "api_key_id", "api_key_secret", "secret", "device_id", "thing_id", "user_id"):
        assert again.about[name] == cloud.about[name]


def test_a_backup_beside_a_load_has_what_was_acknowledged_before_it(
    start_local_cloud, make_device, api_of, run, tmp_path
):
    cloud = start_local_cloud(data=tmp_path / "data")
    device = make_device(cloud.about)
    device.connect()
    before = 0
    process = None
    for number in range(2000):
        device.publish_records([{0: "clk", 3: str(number)}])
        if number == 100:
            before, process = number, run("backup", tmp_path / "backup", "--data", tmp_path / "data", wait=False)
        if process is not None and process.returncode is not None:
            break
    assert process.wait().returncode == 0, process.stderr
    assert run("restore", tmp_path / "backup", "--data", tmp_path / "new").code == 0
    again = start_local_cloud(data=tmp_path / "new")
    values = [int(each["value"]) for each in api_of(again.about).history("clk", limit=5000)]
    assert values == list(range(len(values))) and before < len(values)


def test_a_backup_is_for_its_owner_only_and_has_the_folder(run, stopped_data, tmp_path):
    for env in ({}, SEALED):
        path = tmp_path / ("backup%d" % len(env))
        assert run("backup", path, "--data", stopped_data, env=env).code == 0
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        new = tmp_path / ("new%d" % len(env))
        assert run("restore", path, "--data", new, env=env).code == 0
        assert contents(new) == contents(stopped_data) and settings(new) == settings(stopped_data)
        for each in new.rglob("*"):
            closed = 0o700 if each.is_dir() else 0o600
            is_public = each.suffix in (".pem", ".der") and ".key" not in each.name
            assert stat.S_IMODE(each.stat().st_mode) == (0o644 if is_public else closed), each
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup0", "backup1", "new0", "new1"]


def test_other_tools_read_one_without_a_passphrase_and_nobody_one_with(run, backup, stopped_data, tmp_path):
    with tarfile.open(backup) as archive:
        assert archive.extractfile("data/api_token").read() == (stopped_data / "api_token").read_bytes()
    path = tmp_path / "sealed"
    assert run("backup", path, "--data", stopped_data, env=SEALED).code == 0
    assert b"api_token" not in path.read_bytes()
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
    by_file = run("restore", path, "--data", tmp_path / "a", "--passphrase-file", tmp_path / "passphrase")
    assert by_file.code == 0
    wrong = run("restore", path, "--data", tmp_path / "b", env={"LOCAL_CLOUD_PASSPHRASE": "wrong horse"})
    assert "the passphrase is wrong" in wrong.refusal and not (tmp_path / "b").exists()
    short = run("backup", path, "--data", stopped_data, env={"LOCAL_CLOUD_PASSPHRASE": "short"})
    assert "LOCAL_CLOUD_PASSPHRASE: at least 8 printable characters are needed, 5 given" in short.refusal


def test_a_restore_leaves_a_living_cloud_and_a_full_folder_alone(start_local_cloud, run, backup, tmp_path):
    cloud = start_local_cloud(data=tmp_path / "data")
    before = contents(tmp_path / "data")
    assert "is not empty" in run("restore", backup, "--data", tmp_path / "data").refusal
    assert "another local cloud uses" in run("restore", backup, "--data", tmp_path / "data", "--replace").refusal
    assert contents(tmp_path / "data") == before
    cloud.stop()
    before = contents(tmp_path / "data")
    done = run("restore", backup, "--data", tmp_path / "data", "--replace")
    assert done.code == 0, done.error
    (old,) = tmp_path.glob("data.before-*")
    assert contents(old) == before != contents(tmp_path / "data") and str(old) in done.out


@pytest.mark.parametrize("way", ["cut", "changed", "longer"])
@pytest.mark.parametrize("env", [{}, SEALED], ids=["clear", "sealed"])
def test_a_damaged_backup_restores_nothing(run, stopped_data, tmp_path, way, env):
    path = tmp_path / "backup"
    assert run("backup", path, "--data", stopped_data, env=env).code == 0
    data = bytearray(path.read_bytes())
    if way == "cut":
        del data[-9:]
    elif way == "changed" and env:
        data[len(data) // 2] ^= 1
    elif way == "changed":
        # gzip's own check is right, the list's is not.
        token = (stopped_data / "api_token").read_bytes()
        data = gzip.compress(gzip.decompress(data).replace(token, token[::-1]))
    else:
        data += b"x" * 10
    path.write_bytes(data)
    assert "damaged" in run("restore", path, "--data", tmp_path / "new", env=env).refusal
    assert [each.name for each in tmp_path.iterdir()] == ["backup"]


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_damage_in_the_middle_of_a_large_file_is_refused_in_words(tmp_path, damage):
    (tmp_path / "large").write_bytes(random.Random(2).randbytes(1 << 20))
    archive, file = io.BytesIO(), open(tmp_path / "large", "rb")
    writer = Writer(archive, None)
    writer.add_about({"schema": None, "made_at": 0})
    with file:
        writer.add("large", file)
    writer.finish()
    whole = archive.getvalue()
    for place in range(50_000, len(whole), 50_000):
        damaged = whole[:place] if damage == "cut" else whole[:place] + b"\xff" * 9 + whole[place + 9 :]
        with pytest.raises(BackupRefused):
            restore(io.BytesIO(damaged), tmp_path / "data", lambda: PASSPHRASE)
    assert [each.name for each in tmp_path.iterdir()] == ["large"]


def test_a_file_that_is_no_backup_is_refused(run, tmp_path):
    for number, data in enumerate((b"", b"hello", b"local-cloud backup, sealed, 1\n", b"\x1f\x8b" + bytes(40))):
        (tmp_path / "file").write_bytes(data)
        run("restore", tmp_path / "file", "--data", tmp_path / str(number), env=SEALED).refusal  # noqa: B018
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def archive_of(*members, about=None):
    """Return an archive with these members, each (TarInfo, bytes), and no list."""
    file = io.BytesIO()
    about = {"format": 1, "made_at": 1, "schema": SCHEMA_VERSION, **(about or {})}
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for member, data in [(tarfile.TarInfo("backup.json"), json.dumps(about).encode()), *members]:
            member.size = len(data) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(data))
    return file.getvalue()


def named(name, kind=tarfile.REGTYPE):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd"
    return member


@pytest.mark.parametrize(
    "member",
    [
        named("data/../../escaped"),
        named("/data/escaped"),
        named("data//escaped"),
        named("data/./escaped"),
        named("data/a\\..\\escaped"),
        named("escaped"),
        named("data/link", tarfile.SYMTYPE),
        named("data/link", tarfile.LNKTYPE),
        named("data/fifo", tarfile.FIFOTYPE),
        named("data/device", tarfile.CHRTYPE),
    ],
    ids=lambda member: "%s-%s" % (member.name, member.type.decode()),
)
def test_nothing_gets_out_of_the_folder(run, tmp_path, member):
    (tmp_path / "in").mkdir()
    (tmp_path / "backup").write_bytes(archive_of((member, b"x")))
    said = run("restore", tmp_path / "backup", "--data", tmp_path / "in" / "data").refusal
    assert "no backup has" in said or "damaged" in said
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["backup", "in"]


def test_a_backup_of_a_newer_cloud_is_refused(run, tmp_path):
    for about in ({"schema": str(int(SCHEMA_VERSION) + 1)}, {"format": 2}):
        (tmp_path / "backup").write_bytes(archive_of(about=about))
        assert "a newer local cloud" in run("restore", tmp_path / "backup", "--data", tmp_path / "data").refusal


def test_chunks_of_a_sealed_stream_keep_their_order_and_end():
    file = io.BytesIO()
    sealer = Sealer(file, PASSPHRASE)
    sealer.write(random.Random(1).randbytes(3 << 20))
    sealer.finish()
    whole = file.getvalue()
    begin, chunk = len(whole) % ((1 << 20) + 16), (1 << 20) + 16
    head = len(whole) - 3 * chunk
    parts = [whole[head + i * chunk : head + (i + 1) * chunk] for i in range(3)]
    assert begin == head
    for order in ([1, 0, 2], [0, 1], [0, 2], [0, 1, 2, 2], [0, 1, 1, 2]):
        data = whole[30:head] + b"".join(parts[i] for i in order)
        with pytest.raises(BackupRefused):
            Unsealer(io.BytesIO(data), PASSPHRASE).readall()
    assert Unsealer(io.BytesIO(whole[30:]), PASSPHRASE).readall() == random.Random(1).randbytes(3 << 20)


def test_a_backup_does_not_go_where_it_would_get_lost(run, stopped_data, tmp_path):
    assert "outside of the data folder" in run("backup", stopped_data / "b", "--data", stopped_data).refusal
    assert "is not a folder" in run("backup", tmp_path / "none" / "b", "--data", stopped_data).refusal
    assert "is not a file" in run("backup", "/dev/full", "--data", stopped_data).refusal
    assert "is not a data folder" in run("backup", tmp_path / "b", "--data", tmp_path / "none").refusal
    (tmp_path / "empty").mkdir()
    said = run("backup", tmp_path / "b", "--data", tmp_path / "empty").refusal
    assert "has no database" in said and "--without-store" in said
    assert not (tmp_path / "b").exists()


def test_a_damaged_database_does_not_replace_a_good_backup(run, stopped_data, backup, tmp_path):
    assert run("restore", backup, "--data", tmp_path / "data").code == 0
    with open(tmp_path / "data" / "cloud.sqlite3", "r+b") as file:
        file.seek(4096 * 3)
        file.write(os.urandom(4096 * 4))
    (tmp_path / "b").write_bytes(b"the good one")
    said = run("backup", tmp_path / "b", "--data", tmp_path / "data").refusal
    assert "damaged" in said or "malformed" in said
    assert (tmp_path / "b").read_bytes() == b"the good one"


def test_an_update_whose_file_is_gone_is_cancelled(run, stopped_data, backup, tmp_path):
    """As if its file was removed while the backup was made, after the moment of the database's copy."""
    assert run("restore", backup, "--data", tmp_path / "data").code == 0
    (tmp_path / "data" / "ota").mkdir(exist_ok=True)
    with closing(sqlite3.connect(tmp_path / "data" / "cloud.sqlite3")) as connection:
        (device,) = connection.execute("SELECT id FROM devices").fetchone()
        for id in ("kept", "gone"):
            row = (id, device, "pending", "00", 1, 1, 1)
            columns = "id, device_id, status, sha256, size, expires_at, created_at"
            connection.execute("INSERT INTO ota_updates (%s) VALUES (?, ?, ?, ?, ?, ?, ?)" % columns, row)
        connection.commit()
    (tmp_path / "data" / "ota" / "kept.ota").write_bytes(b"x")
    assert run("backup", tmp_path / "b", "--data", tmp_path / "data").code == 0
    assert run("restore", tmp_path / "b", "--data", tmp_path / "new").code == 0
    with closing(sqlite3.connect(tmp_path / "new" / "cloud.sqlite3")) as connection:
        found = dict(connection.execute("SELECT id, status FROM ota_updates"))
    assert found == {"kept": "pending", "gone": "cancelled"}


def is_whole(path):
    """Return whether the file is a complete backup."""
    with open(path, "rb") as file:
        for member in Reader(file).members(None):
            while not isinstance(member, dict) and member.read():
                pass
    return True


def test_a_killed_backup_leaves_the_one_before(run, stopped_data, tmp_path):
    path = tmp_path / "backup"
    assert run("backup", path, "--data", stopped_data).code == 0
    for number in range(KILLS):
        process = run("backup", path, "--data", stopped_data, wait=False)
        time.sleep(LONGEST * number / KILLS)
        process.signal(signal.SIGKILL)
        process.wait()
        assert is_whole(path)
    assert run("backup", path, "--data", stopped_data).code == 0
    assert [each.name for each in tmp_path.iterdir()] == ["backup"]
    assert not list(stopped_data.glob(".*"))


def test_a_killed_restore_leaves_the_old_folder_or_the_new_one(run, stopped_data, backup, tmp_path):
    data = tmp_path / "data"
    assert run("restore", backup, "--data", data).code == 0
    (data / "lock").touch()  # as in each folder that a cloud has used
    (data / "mine").write_text("old")
    old, new = contents(data), contents(stopped_data)
    for number in range(KILLS):
        process = run("restore", backup, "--data", data, "--replace", wait=False)
        time.sleep(LONGEST * number / KILLS)
        process.signal(signal.SIGKILL)
        process.wait()
        assert contents(data) in (old, new)
        assert settings(data) == settings(stopped_data)
    assert run("restore", backup, "--data", data, "--replace").code == 0
    assert contents(data) == new
    # Nothing is lost and nothing unfinished stays: the old folder is there under its new name.
    names = sorted(each.name for each in tmp_path.iterdir())
    assert all(name == "data" or name.startswith("data.before-") for name in names), names
    assert any(contents(tmp_path / name) == old for name in names)


def test_an_ending_without_the_last_bytes_is_noticed(backup):
    """gzip's own end is read too, although the archive ends before it."""
    data = backup.read_bytes()
    assert gzip.decompress(data)
    with pytest.raises(BackupRefused):
        list(Reader(io.BytesIO(data[:-1])).members(None))
