"""docs/command-line.md: its commands run in order and print what the page shows (… stands for anything)."""

import os
import re
import subprocess
from datetime import datetime, timedelta, timezone

import code_blocks
import pytest
from localcloud.cli.command_line import EPILOG
from toolchain.paths import LIB, ROOT, TOOLS, VENV_PYTHON

PAGE = ROOT / "docs" / "command-line.md"
UNKNOWN = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z|'port': \d+|\d+\.\d{3,}|…"


def sessions():
    blocks = [each.text for each in code_blocks.blocks(PAGE.read_text()) if each.language == "text"]
    (project,) = [each for each in blocks if each.startswith("devices:")]
    commands = "".join(each for each in blocks if each.startswith("$ "))
    return project, re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", commands, re.M)


def pattern_of(text):
    parts, at = [], 0
    for unknown in re.finditer(UNKNOWN, text):
        parts.append(re.escape(text[at : unknown.start()]))
        parts.append(".*" if unknown.group() == "…" else ".+?")
        at = unknown.end()
    return "".join(parts) + re.escape(text[at:])


@pytest.mark.timeout(120)
def test_the_session_of_the_page(start_local_cloud, account_of, tmp_path):
    cloud = start_local_cloud(data=tmp_path / "data" / "arduino-local-cloud")
    project, commands = sessions()
    (tmp_path / "classroom.yaml").write_text(project)
    command = tmp_path / "bin" / "local-cloud"
    command.parent.mkdir()
    command.write_text('#!/bin/sh\nexec %s -m localcloud "$@"\n' % VENV_PYTHON)
    command.chmod(0o755)
    environment = {
        **os.environ,
        "PYTHONPATH": "%s:%s" % (TOOLS, LIB),
        "PATH": "%s:%s" % (command.parent, os.environ["PATH"]),
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    ran = 0
    for line, said in commands:
        if line.startswith("local-cloud series export"):
            fill(account_of(cloud))
        done = subprocess.run(
            line, shell=True, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8"
        )
        assert done.returncode == 0, (line, done.stderr)
        assert re.fullmatch(pattern_of(said), done.stdout, re.S), (line, done.stdout)
        ran += 1
    assert ran >= 10
    assert {"weather.parquet", "week.png"} <= {each.name for each in tmp_path.iterdir()}


def fill(account):
    """Give the first thing two days of temperatures."""
    thing = account.named("things", "Weather 01")["Weather 01"]
    pid = next(each["id"] for each in thing["properties"] if each["name"] == "temperature")
    now = datetime.now(timezone.utc)
    values = [
        {"timestamp": (now - timedelta(minutes=10 * n)).isoformat(), "value": 20 + n % 7 / 3}
        for n in range(300)
    ]
    account("PUT", "things/%s/properties/%s/publish_batch" % (thing["id"], pid), values)


def test_the_exit_codes_are_those_of_the_help():
    table = dict(re.findall(r"^\| (\d+) \| (.*) \|$", PAGE.read_text(), re.M))
    told = dict(re.findall(r"^  (\d+) +(.*)$", EPILOG, re.M))
    assert set(table) == set(told) == {"0", "1", "2", "3", "130"}
