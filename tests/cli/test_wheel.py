"""What pip makes of the checkout: a wheel with everything, and the command `local-cloud`."""

import json
import os
import subprocess
import urllib.request
import zipfile

import pytest
from processes import Process
from toolchain.paths import LIB, ROOT, TOOLS, VENV_PYTHON

PACKAGES = [LIB / "arduino_iot_cloud", LIB / "arduino_cloud_api", TOOLS / "localcloud"]


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip = (VENV_PYTHON, "-m", "pip", "-q", "--disable-pip-version-check")
    built_before = (ROOT / "build").exists()
    run(*pip, "wheel", "--no-deps", "-w", folder, ROOT)
    assert (ROOT / "build").exists() == built_before, "what is left there would be in the next wheel"
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel installed beside the packages of the tools' environment: (command, its environment)."""
    folder = tmp_path_factory.mktemp("installed")
    pip = (VENV_PYTHON, "-m", "pip", "-q", "--disable-pip-version-check")
    run(*pip, "install", "--no-deps", "--no-index", "--prefix", folder, wheel)
    (packages,) = folder.glob("lib/python*/site-packages")
    return folder / "bin" / "local-cloud", {**os.environ, "PYTHONPATH": str(packages)}


def test_the_wheel_has_each_file_of_the_packages_and_the_page_with_its_libraries(wheel):
    with zipfile.ZipFile(wheel) as archive:
        packed = {each for each in archive.namelist() if ".dist-info/" not in each}
    there = set()
    for package in PACKAGES:
        for path in package.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".md":
                there.add(path.relative_to(package.parent).as_posix())
    assert packed == there
    assert {"localcloud/page/vendor/uplot/uplot.js", "arduino_iot_cloud/certs/AmazonRootCA1.der"} <= packed


def test_the_installed_command_serves_the_page_and_works_with_it(installed, tmp_path):
    command, environment = installed
    serving = Process([command, "serve", "--ephemeral", "--json", "--data", tmp_path / "data"], environment, tmp_path)
    try:
        about = json.loads(serving.wait_for(r"\A(.*)\n", 30).group(1))
        for path in ("/page/vendor/uplot/uplot.js", "/page/index.html"):
            with urllib.request.urlopen(about["http"] + path) as answer:
                assert answer.status == 200
        listed = Process([command, "things", "list", "--data", tmp_path / "data"], environment, tmp_path).wait()
        assert listed.returncode == 0 and about["thing_id"] in listed.stdout
    finally:
        serving.stop()


def test_without_the_tools_packages_the_command_says_what_is_missing(wheel, tmp_path):
    run(VENV_PYTHON, "-m", "venv", "--without-pip", tmp_path / "venv")
    program = "import sys; from localcloud.cli import main; sys.exit(main(['serve', '--ephemeral']))"
    command = [str(tmp_path / "venv" / "bin" / "python"), "-c", program]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env={"PYTHONPATH": str(wheel)}, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "local-cloud: the Python package cbor2 is needed: install this one with [tools]\n"
