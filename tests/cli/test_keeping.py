"""`keep` and `thin` in project files, and `local-cloud compact`, with real local clouds."""

import sqlite3
import subprocess

from local_clouds import LocalCloud
from toolchain.paths import TOOLS

PROJECT = """
things:
  - name: Kept
    keep: 90d
    tags: {place: roof}
    properties:
      - {name: temperature, type: FLOAT, keep: 1y, thin: 1m-after-7d}
"""


def local_cloud(*arguments, code=0):
    done = subprocess.run([TOOLS / "local-cloud", *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    return done


def test_a_project_file_says_how_long_values_are_kept(tmp_path):
    cloud = LocalCloud(tmp_path / "cloud")
    try:
        file = tmp_path / "project.yaml"
        file.write_text(PROJECT)
        local_cloud("things", "apply", file, "--data", tmp_path / "cloud")
        assert "nothing to change" in local_cloud("things", "apply", file, "--data", tmp_path / "cloud").stdout
        exported = local_cloud("things", "export", "--data", tmp_path / "cloud").stdout
        assert "keep: 90d" in exported and "keep: 1y" in exported and "thin: 1m-after-7d" in exported
        assert "place: roof" in exported and "local-cloud-keep" not in exported
        assert local_cloud("compact", "--data", tmp_path / "cloud", code=1).stderr.endswith("; stop it first\n")
    finally:
        cloud.stop()


def test_a_database_of_before_is_made_compact(tmp_path):
    path = tmp_path / "cloud.sqlite3"
    LocalCloud(tmp_path).stop()
    with sqlite3.connect(path, isolation_level=None) as store:
        # As older versions made it
        store.execute("PRAGMA auto_vacuum=NONE")
        store.execute("VACUUM")
        store.execute("DROP INDEX samples_by_time")
        store.execute("CREATE INDEX samples_by_time ON samples (variable_id, time_us)")
        (variable,) = store.execute("SELECT id FROM variables LIMIT 1").fetchone()
        rows = ((variable, n, '"%s"' % ("x" * 500)) for n in range(4000))
        store.execute("BEGIN")
        store.executemany("INSERT INTO samples (variable_id, time_us, value) VALUES (?, ?, ?)", rows)
        store.execute("COMMIT")
        store.execute("DELETE FROM samples WHERE time_us >= 10")
    store.close()
    before = path.stat().st_size
    told = local_cloud("compact", "--data", tmp_path)
    assert "MB, before" in told.stdout + told.stderr
    assert path.stat().st_size < before / 4
    with sqlite3.connect(path) as store:
        assert store.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        columns = [row[2] for row in store.execute("PRAGMA index_info(samples_by_time)")]
        assert columns == ["variable_id", "time_us", "number"]
        assert store.execute("SELECT count(*) FROM samples").fetchone() == (10,)
    store.close()
    cloud = LocalCloud(tmp_path)
    assert cloud.stop() == 0
    missing = local_cloud("compact", "--data", tmp_path / "missing", code=2)
    assert "has no database" in missing.stderr
