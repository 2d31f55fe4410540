"""What pip makes of the checkout: a wheel with all files, and the command `local-cloud`."""

import json
import os
import subprocess
import urllib.request
import zipfile

import pytest
from processes import Process
from toolchain.paths import LIB, ROOT, TOOLS, VENV_PYTHON

PACKAGES = [LIB / "arduino_iot_cloud", LIB / "arduino_cloud_api", LIB / "arduino_cloud_board", TOOLS / "localcloud"]


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.timeout(120)
def test_the_wheel_has_everything_and_its_command_serves_the_page(tmp_path):
    pip = (VENV_PYTHON, "-m", "pip", "-q", "--disable-pip-version-check")
    built_before = built()
    run(*pip, "wheel", "--no-deps", "-w", tmp_path, ROOT)
    assert built() == built_before, "what is left there would be in the next wheel"
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {each for each in archive.namelist() if ".dist-info/" not in each}
    assert packed == files_of_the_packages()
    assert {"localcloud/page/vendor/uplot/uplot.js", "arduino_iot_cloud/certs/AmazonRootCA1.der"} <= packed

    # The dependencies come from the tools' environment, which has those of [tools].
    run(*pip, "install", "--no-deps", "--no-index", "--prefix", tmp_path / "installed", wheel)
    (packages,) = (tmp_path / "installed").glob("lib/python*/site-packages")
    command, environment = (
        tmp_path / "installed" / "bin" / "local-cloud",
        {**os.environ, "PYTHONPATH": str(packages)},
    )
    data = tmp_path / "data"
    serving = Process([command, "serve", "--ephemeral", "--json", "--data", data], environment, tmp_path)
    try:
        about = json.loads(serving.wait_for(r"\A(.*)\n", 30).group(1))
        for path in ("/page/vendor/uplot/uplot.js", "/page/index.html"):
            with urllib.request.urlopen(about["http"] + path) as answer:
                assert answer.status == 200
        listed = Process([command, "things", "list", "--data", data], environment, tmp_path).wait()
        assert listed.returncode == 0 and about["thing_id"] in listed.stdout
    finally:
        serving.stop()


def built():
    """Return what is in build/, except for firmware, which other tests build."""
    return {path.name for path in (ROOT / "build").glob("*")} - {"firmware", "frozen"}


def files_of_the_packages():
    return {
        path.relative_to(package.parent).as_posix()
        for package in PACKAGES
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".md"
    }


def test_without_the_tools_packages_the_command_says_what_is_missing(tmp_path):
    run(VENV_PYTHON, "-m", "venv", "--without-pip", tmp_path / "venv")
    program = "import sys; from localcloud.cli import main; sys.exit(main(['serve', '--ephemeral']))"
    command = [str(tmp_path / "venv" / "bin" / "python"), "-c", program]
    environment = {"PYTHONPATH": "%s:%s" % (TOOLS, LIB)}
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, cwd=tmp_path)
    assert done.returncode == 1
    missing = "local-cloud: the Python package cbor2 is missing: install this package with [tools]\n"
    assert done.stderr == missing
