"""CHANGELOG.md follows Keep a Changelog 1.1.0, and the version is the same everywhere."""

import json
import re
import tomllib

from releasing.checkout import client_version
from toolchain.paths import ROOT

GROUPS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
TEXT = (ROOT / "CHANGELOG.md").read_text()
RELEASES = re.findall(r"^## \[(\d+)\.(\d+)\.(\d+)\] - (.*)$", TEXT, re.M)


def test_the_newest_version_is_that_of_the_client_and_of_its_packages():
    newest = ".".join(RELEASES[0][:3])
    assert client_version(ROOT) == newest
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "arduino_iot_cloud.__version__"}
    packages = [*ROOT.glob("package*.json"), *ROOT.glob("boards/*/package.json")]
    assert len(packages) > 4
    for path in packages:
        assert json.loads(path.read_text())["version"] == newest, path


def test_versions_fall_and_each_has_its_day():
    numbers = [tuple(int(part) for part in release[:3]) for release in RELEASES]
    assert numbers == sorted(set(numbers), reverse=True)
    days = [release[3] for release in RELEASES]
    assert days[0] == "Unreleased" or re.fullmatch(r"\d{4}-\d\d-\d\d", days[0])
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day in days[1:])


def test_headings_are_versions_and_the_usual_groups():
    versions = re.findall(r"^## (.*)$", TEXT, re.M)
    assert len(versions) == len(RELEASES) + ("[Unreleased]" in versions)
    for part in re.split(r"^## .*$", TEXT, flags=re.M)[1:]:
        groups = re.findall(r"^### (.*)$", part, re.M)
        assert groups == [group for group in GROUPS if group in groups], groups
