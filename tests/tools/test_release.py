"""tools/release: what it makes, that it makes the same each time, what --check finds, installing the result."""

import gzip
import json
import os
import shutil
import subprocess
import tarfile
import time
import zipfile

import mpremote.mip
import pytest
from example_projects import LAPTOP, check_laptop
from releasing import ReleaseError
from releasing.building import build, checksums
from releasing.checking import check
from releasing.checkout import Checkout
from serving import FolderAsBoard
from toolchain import mpy
from toolchain.paths import ROOT, TOOLS
from toolchain.report import ToolchainError

RELEASE = TOOLS / "release"
BASE = "arduino-iot-cloud-1.0.0-mpy6"
# those that require no package from an index
OWN_FILES = sorted(path.name for path in ROOT.glob("package*.json") if "sync" not in path.name)


def copy_checkout(target):
    """Copy what a release is made from, without git's folder, and return the copy."""
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for folder in ("lib", "boards"):
        shutil.copytree(ROOT / folder, target / folder, ignore=ignore)
    for path in ROOT.glob("package*.json"):
        shutil.copy(path, target)
    return target


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(its Checkout, the folder of a release of it with relative addresses)."""
    folder = tmp_path_factory.mktemp("release")
    checkout = Checkout(copy_checkout(folder / "checkout"))
    return checkout, build(checkout, folder / "dist", dirty=True)


@pytest.fixture
def release(made, tmp_path):
    """A copy of the release, for a test to change."""
    return shutil.copytree(made[1], tmp_path / "dist" / made[1].name)


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_command_makes_a_release_that_it_finds_good(tmp_path):
    done = subprocess.run([RELEASE, "--dirty", "--output", tmp_path], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    (folder,) = tmp_path.iterdir()
    assert done.stdout.startswith("%s: version 1.0.0, bytecode 6\n" % folder)
    again = subprocess.run([RELEASE, "--check", folder], capture_output=True, encoding="utf-8")
    assert (again.returncode, again.stdout) == (0, done.stdout), again.stderr
    sums = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True)
    assert sums.returncode == 0, sums.stderr
    (folder / "RELEASE.json").write_text("{}")
    bad = subprocess.run([RELEASE, "--check", folder], capture_output=True, encoding="utf-8")
    assert (bad.returncode, bad.stderr) == (1, "release: RELEASE.json: differs from SHA256SUMS\n")


def test_two_builds_are_equal(made, tmp_path):
    checkout, first = made
    other = copy_checkout(tmp_path / "elsewhere")
    for path in other.rglob("*.py"):
        os.utime(path, (1, 1))
    assert contents(build(Checkout(other), tmp_path / "dist", dirty=True)) == contents(first)


@pytest.mark.parametrize("given, dated", [("1", 1980), ("1700000000", 2023), ("99999999999", 2107)])
def test_archives_are_dated_by_the_environment(made, tmp_path, monkeypatch, given, dated):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", given)
    folder = build(made[0], tmp_path, dirty=True)
    with zipfile.ZipFile(folder / (BASE + ".zip")) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {dated}
    with tarfile.open(folder / (BASE + ".tar.gz")) as archive:
        assert {time.gmtime(entry.mtime).tm_year for entry in archive} == {dated}


def test_another_date_than_a_number_is_refused(made, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "2025-01-01")
    with pytest.raises(ReleaseError, match="SOURCE_DATE_EPOCH must be a number of seconds since 1970, not '2025-01-01'"):
        build(made[0], tmp_path, dirty=True)
    assert not list(tmp_path.iterdir())


def test_a_second_build_replaces_the_first(made, tmp_path):
    checkout, first = made
    target = build(checkout, tmp_path, dirty=True)
    (target / "left over").touch()
    assert build(checkout, tmp_path, dirty=True) == target
    assert contents(target) == contents(first) and list(tmp_path.iterdir()) == [target]


def test_it_replaces_nothing_but_a_release(made, tmp_path):
    folder = tmp_path / made[1].name
    folder.mkdir()
    (folder / "thesis.txt").touch()
    with pytest.raises(ReleaseError, match="is not a release"):
        build(made[0], tmp_path, dirty=True)
    assert (folder / "thesis.txt").exists()


SOURCE = "lib/arduino_iot_cloud/loop/__init__.py"


def git(folder, *words):
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    subprocess.run(["git", "-C", folder, *identity, *words], check=True, stdout=subprocess.DEVNULL)


def test_only_what_is_committed_is_released(tmp_path):
    folder = copy_checkout(tmp_path / "checkout")
    with pytest.raises(ReleaseError, match="not a git checkout; --dirty"):
        build(Checkout(folder), tmp_path / "dist")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "all", "--date", "2025-01-02T03:04:05Z")
    about = check(build(Checkout(folder), tmp_path / "dist"))
    assert about["as committed"] is True and len(about["commit"]) == 40
    with (folder / "lib" / "arduino_iot_cloud" / "wifi.py").open("a") as file:
        file.write("# later\n")
    with pytest.raises(ReleaseError, match="^not as committed: lib/arduino_iot_cloud/wifi.py; --dirty"):
        build(Checkout(folder), tmp_path / "dist")
    assert check(build(Checkout(folder), tmp_path / "dist", dirty=True))["as committed"] is False


@pytest.mark.parametrize(
    "change, complaint",
    [
        (lambda folder: (folder / "package-api.json").write_text('{"version": "2.0.0", "urls": []}'), "has version 2.0.0"),
        (lambda folder: (folder / SOURCE).unlink(), "lists .*loop/__init__.py, which is missing"),
        (lambda folder: (folder / SOURCE).write_text("def"), "loop/__init__.py does not compile"),
    ],
)
def test_a_checkout_that_does_not_fit_together_is_not_released(tmp_path, change, complaint):
    folder = copy_checkout(tmp_path / "checkout")
    change(folder)
    with pytest.raises((ReleaseError, ToolchainError), match=complaint):
        build(Checkout(folder), tmp_path / "dist", dirty=True)
    assert not list((tmp_path / "dist").glob("*"))


def spoil(name, data):
    def change(folder):
        path = folder / name
        path.write_bytes(data(path.read_bytes()) if callable(data) else data)

    return change


LOOP = "mpy6/arduino_iot_cloud/loop/__init__.mpy"


@pytest.mark.parametrize(
    "change, complaint",
    [
        (spoil(LOOP, lambda data: data + b"\0"), "^%s: differs from SHA256SUMS$" % LOOP),
        (spoil("more", b""), "^more: not in SHA256SUMS$"),
        (lambda folder: (folder / LOOP).unlink(), "^%s: missing$" % LOOP),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "is not a release"),
    ],
)
def test_check_finds_what_the_checksums_do_not_say(release, change, complaint):
    check(release)
    change(release)
    with pytest.raises(ReleaseError, match=complaint):
        check(release)


@pytest.mark.parametrize(
    "change, complaint",
    [
        (spoil(LOOP, lambda data: b"M\x05" + data[2:]), "loop/__init__.mpy: not bytecode of version 6"),
        (spoil(LOOP, lambda data: data[:2] + b"\x0b" + data[3:]), "loop/__init__.mpy: not bytecode of version 6 for any"),
        (spoil(LOOP, lambda data: data[:3] + b"\x3f" + data[4:]), "loop/__init__.mpy: not bytecode of version 6 for any"),
        (spoil("mpy6/arduino_iot_cloud/more.mpy", b"M\x06\0\x1f"), "more.mpy: in no package"),
        (lambda folder: (folder / LOOP).unlink(), "lists arduino_iot_cloud/loop/__init__.mpy, which is missing"),
        (spoil("mpy6/package-sync.json", lambda data: data.replace(b"1.0.0", b"0.9.0", 1)), "sync.json: version 0.9.0"),
        (spoil(BASE + ".romfs", b"\xd2\xcd1\0"), BASE + ".romfs has other files"),
        (spoil(BASE + "-board.romfs", b"\xd2\xcd1\0"), BASE + "-board.romfs has other files"),
        (spoil(BASE + ".tar.gz", gzip.compress(bytes(1024))), "the tar archive has other files"),
        (spoil(BASE + ".zip", b"PK\5\6" + bytes(18)), "the zip archive has other files"),
    ],
)
def test_check_finds_parts_that_disagree(release, change, complaint):
    change(release)
    (release / "SHA256SUMS").write_text(checksums(release))
    with pytest.raises(ReleaseError, match=complaint):
        check(release)


def test_bytecode_is_much_smaller_than_source(made):
    checkout, folder = made
    about = check(folder)
    sizes = about["bytes of each package"]
    assert set(sizes) == {str(package.place) for package in checkout.packages}
    for package in checkout.packages:
        source = sum(path.stat().st_size for _, path in package.files())
        assert sizes[str(package.place)] < 0.6 * source, package.place
    # fits beside MicroPython and a program on every board
    assert sizes["package.json"] < 103_000  # 100.7 KB with today's checks, policies and drivers
    assert (folder / (BASE + ".romfs")).stat().st_size < 128 * 1024
    assert mpy.version().bytecode == about["bytecode"] == 6


INSTALL = """
import mip, sys
for package in sys.argv[2:]:
    mip.install(package, target=sys.argv[1], index="no index")
"""


def test_mip_installs_what_the_demo_runs_on(micropython, make_project, serve, made, tmp_path):
    dist = tmp_path / "dist"
    dist.mkdir()
    site = serve(dist)
    target = tmp_path / "lib"
    release = build(made[0], dist, base_url="%s/%s/" % (site, made[1].name), dirty=True)
    check(release)
    packages = ["%s/%s/mpy6/%s" % (site, release.name, name) for name in ("package.json", "boards/UNIX/package.json")]
    (tmp_path / "install.py").write_text(INSTALL)
    machine = micropython(32)
    done = machine.run(tmp_path / "install.py", target, *packages, env={"MICROPYPATH": ".frozen"}, check=True)
    assert done.stdout.count("Done") == 2, done.stdout
    installed = contents(target)
    expected = {"board.mpy": (release / "mpy6" / "boards" / "UNIX" / "board.mpy").read_bytes()}
    for name, _ in json.loads((release / "mpy6" / "package.json").read_text())["urls"]:
        expected[name] = (release / "mpy6" / name).read_bytes()
    assert installed == expected
    project = make_project(*LAPTOP)
    device = project.start(machine, "laptop.py", heap="64k", env={"MICROPYPATH": "%s:.frozen" % target})
    check_laptop(project)
    assert device.returncode is None, device.stdout + device.stderr


@pytest.mark.parametrize("served", [True, False])
def test_mpremote_installs_from_relative_addresses(serve, made, tmp_path, served):
    folder = made[1] / "mpy6"
    place = serve(folder) if served else str(folder)
    expected = {}
    for name in OWN_FILES:
        mpremote.mip._install_package(FolderAsBoard(tmp_path), "%s/%s" % (place, name), "no index", "lib", None, True)
        for file, _ in json.loads((folder / name).read_text())["urls"]:
            expected["lib/" + file] = (folder / file).read_bytes()
    assert contents(tmp_path) == expected
