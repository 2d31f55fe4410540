"""Which secrets the data folder has in clear, and that the documentation says so."""

import os
import re
import sqlite3
import stat
from contextlib import closing
from fnmatch import fnmatch
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key
from localcloud.workers import broker_config
from toolchain.paths import ROOT

KEY = b"PRIVATE KEY"


def documented():
    """Return the patterns in the table of docs/security.md."""
    text = Path(ROOT, "docs", "security.md").read_text()
    table = text.partition("| file | what it gives access to |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    return [pattern for cell in cells for pattern in re.findall("`(.+?)`", cell)]


@pytest.fixture
def cloud(start_local_cloud):
    """A cloud with everything its folder can have, started by a user whose files are readable by others."""
    before = os.umask(0o022)
    try:
        return start_local_cloud()
    finally:
        os.umask(before)


def secrets_of(about):
    """Return every secret that the cloud does not keep as a hash, in the forms a file may have."""
    folder = Path(about["data"])
    with closing(sqlite3.connect(folder / "cloud.sqlite3", timeout=10)) as connection:
        ((token_key,),) = connection.execute("SELECT value FROM settings WHERE name = 'token_key'").fetchall()
    broker = (folder / "mosquitto" / "worker.secret").read_text()
    texts = [about["api_token"], about["api_key_secret"], about["secret"], token_key, broker]
    keys = [load_der_private_key(path.read_bytes(), None) for path in folder.rglob("*.key.der")]
    assert len(keys) == 3
    return [text.encode() for text in texts] + [
        key.private_numbers().private_value.to_bytes(32, "big") for key in keys
    ]


def test_secrets_in_clear_are_where_the_documentation_says_for_their_owner_only(cloud, new_user, api_of):
    folder = Path(cloud.about["data"])
    broker_config.write(folder, Path("plugin.so"), broker_config.BrokerPorts(), address="127.0.0.1")
    user = new_user(about=cloud.about, local=api_of(cloud.about))
    device = user.make_device()
    assert user.put("/v2/devices/%s/pass" % device["id"], {"password": "a secret of the device"}).status == 200
    secrets, hashed = secrets_of(cloud.about), [user.key["api_key_secret"].encode(), b"a secret of the device"]
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            data, name = path.read_bytes(), str(path.relative_to(folder))
            assert not any(secret in data for secret in hashed), name
            if KEY in data or any(secret in data for secret in secrets):
                found.add(name)
                assert stat.S_IMODE(path.stat().st_mode) == 0o600, name
    patterns = documented()
    assert len(patterns) == 11
    unknown = {name for name in found if not any(fnmatch(name, pattern) for pattern in patterns)}
    assert not unknown
    # A secret may be in the database file or in its log, depending on the last checkpoint.
    sure = [pattern for pattern in patterns if not pattern.startswith("cloud.sqlite3")]
    assert [pattern for pattern in sure if not any(fnmatch(name, pattern) for name in found)] == []
    assert any(name.startswith("cloud.sqlite3") for name in found)
    for path in (*folder.glob("cloud.sqlite3*"), *folder.glob("ota/*")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for path in (folder, *(each for each in folder.rglob("*") if each.is_dir())):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path


def test_a_database_that_others_could_read_is_closed_to_them(start_local_cloud):
    cloud = start_local_cloud()
    cloud.stop()
    folder = Path(cloud.about["data"])
    assert not (folder / "running.json").exists()
    for name in ("cloud.sqlite3", "cloud.sqlite3-wal"):
        (folder / name).touch()
        (folder / name).chmod(0o644)
    again = start_local_cloud(data=folder)
    for path in folder.glob("cloud.sqlite3*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    again.stop()
