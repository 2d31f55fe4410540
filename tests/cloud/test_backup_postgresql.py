"""A cloud with PostgreSQL is backed up as docs/operating.md says: pg_dump first, then the folder."""

import shutil
import subprocess

import pytest
from databases import Postgres
from local_clouds import LocalCloud
from processes import Process
from toolchain.paths import TOOLS

pytestmark = pytest.mark.skipif(not shutil.which("pg_dump"), reason="PostgreSQL's own tools are not installed")


@pytest.fixture
def postgres():
    server = Postgres()
    yield server
    server.stop()


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr
    return done


def test_devices_go_on_at_a_restored_cloud(postgres, make_device, api_of, tmp_path):
    database, empty = postgres.new_database(), postgres.new_database()
    cloud = LocalCloud(tmp_path / "data", "--database", database)
    try:
        project = api_of(cloud.about).make_project(("count", "INT", "READ_WRITE"))
        device = make_device(project)
        assert device.connect() == "Success"
        device.publish_records([{0: "count", 2: 7}])
        run("pg_dump", "--format=custom", "--file", tmp_path / "cloud.dump", database)
        run(TOOLS / "local-cloud", "backup", tmp_path / "backup", "--data", tmp_path / "data", "--without-store")
    finally:
        cloud.stop()
    run("pg_restore", "--no-owner", "--dbname", empty, tmp_path / "cloud.dump")
    said = run(TOOLS / "local-cloud", "restore", tmp_path / "backup", "--data", tmp_path / "new")
    assert "restore that with pg_restore" in said.stdout
    again = LocalCloud(tmp_path / "new", "--database", empty)
    try:
        ports = {name: port for name, port in again.about.items() if name.endswith("_port")}
        device = make_device({**project, **ports, "ca_file": again.ca_file}, port="mqtts_port")
        assert device.connect("localhost") == "Success"
        assert make_device(again.about, port="mtls_port").connect("localhost") == "Success"
        api = api_of(again.about)
        assert api.variable("count", project["thing_id"])["value"] == 7
        device.publish_records([{0: "count", 2: 8}])
        assert again.api_token == cloud.api_token
    finally:
        again.stop()


def test_the_folder_alone_is_not_taken_for_a_whole_backup(postgres, tmp_path):
    cloud = LocalCloud(tmp_path / "data", "--database", postgres.new_database())
    try:
        process = Process([TOOLS / "local-cloud", "backup", tmp_path / "backup", "--data", tmp_path / "data"])
        done = process.wait(30)
    finally:
        cloud.stop()
    assert done.returncode == 1 and "pg_dump" in done.stderr and not (tmp_path / "backup").exists()
