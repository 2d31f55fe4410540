"""Installing this checkout over HTTP with MicroPython's mip and mpremote's, and what the packages list.

Addresses in package.json are relative to it. mip 0.3, which is frozen into Debian's MicroPython, does not know such
addresses, so the server completes them. Boards have mip 0.4 since MicroPython 1.25.
"""

import hashlib
import json

import mpremote.mip
import pytest
from example_projects import LAPTOP, check_laptop
from freezing import frozen
from serving import Completing, FolderAsBoard
from toolchain.paths import LIB, PEERS, ROOT

PACKAGE = "arduino_iot_cloud"
PACKAGES = sorted(path.name for path in ROOT.glob("package*.json"))
BOARDS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("boards/*/package.json"))
# Only for CPython. These never go to a board.
NOT_ON_BOARDS = {"%s/%s.py" % (PACKAGE, name) for name in ("cpython", "hsm", "keys/pkcs11", "pem_files", "sync/cpython")}
# As in micropython-lib's index. The package umqtt.robust does not require umqtt.simple.
UMQTT = [["umqtt.simple", "1.7.0"], ["umqtt.robust", "1.0.2"]]


def listed(name):
    """Return a package's {file on the board: file in the checkout}."""
    package = json.loads((ROOT / name).read_text())
    assert len(dict(package["urls"])) == len(package["urls"])
    return dict(package["urls"])


def in_folder():
    paths = [path for path in LIB.glob("arduino_*/**/*") if path.suffix in (".py", ".der")]
    return {path.relative_to(LIB).as_posix() for path in paths} - NOT_ON_BOARDS


def test_every_file_is_in_one_package():
    packages = [listed(name) for name in PACKAGES]
    every = {name: url for package in packages for name, url in package.items()}
    assert len(every) == sum(map(len, packages))
    assert set(every) == in_folder(), "run tools/packages"
    for name, url in every.items():
        assert url == "lib/" + name


def test_no_two_modules_have_one_name_in_frozen_code():
    # mpy-tool turns a path into a name in C, the same one for a/b.py and a_b.py
    names = [name[:-3].replace("/", "_") for package in PACKAGES for name in listed(package) if name.endswith(".py")]
    assert len(set(names)) == len(names), sorted(name for name in names if names.count(name) > 1)


@pytest.mark.parametrize("option", [None, "sync", "api", "board"])
def test_frozen_files_are_the_packages_modules(option):
    packages = ["package.json"] + (["package-%s.json" % option] if option else [])
    modules = {name for package in packages for name in listed(package) if name.endswith(".py")}
    files, required = frozen(ROOT, **({option: True} if option else {}))
    written = {name: path for name, path in files.items() if path.is_relative_to(ROOT / "build")}
    assert PACKAGE + "/bundled_roots.py" in written
    assert files == {**{name: LIB / name for name in modules}, **written}
    # and each module's full name, as a constant
    texts = [path.read_text() for name, path in written.items() if "/names_in_" in name]
    imported = {line.partition(" ")[2] for text in texts for line in text.splitlines() if line.startswith("import ")}
    assert imported == {name[:-3].replace("/__init__", "").replace("/", ".") for name in modules}
    assert required == ([name for name, _ in UMQTT] if option == "sync" else [])


def test_versions_are_pinned(cpython):
    version = cpython.run(code="import arduino_iot_cloud as a; print(a.__version__)", check=True).stdout.strip()
    for name in PACKAGES + BOARDS:
        package = json.loads((ROOT / name).read_text())
        assert package["version"] == version
        assert package["deps"] == (UMQTT if name == "package-sync.json" else [])


INSTALL = """
import mip, sys
package, target, index = sys.argv[1:]
mip.install(package, target=target, index=index)
"""


def install(machine, folder, package, index):
    """Run mip on this interpreter and return what it printed."""
    script = folder / "install.py"
    script.write_text(INSTALL)
    target = folder / "installed"
    done = machine.run(script, package, target, index, env={"MICROPYPATH": ".frozen"}, cwd=folder, check=True)
    # mip reports a failure only in words.
    assert "Done" in done.stdout, done.stdout
    return target


def assert_installed(target, *packages):
    """Check that the folder has exactly the files of these packages."""
    installed = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert installed == set().union(*map(listed, packages))
    for name in installed:
        assert (target / name).read_bytes() == (LIB / name).read_bytes()


@pytest.mark.parametrize("bits", [32, 64])
def test_mip_installs_what_the_demo_runs_on(micropython, make_project, serve, tmp_path, bits):
    machine = micropython(bits)
    site = serve(ROOT, Completing)
    target = install(machine, tmp_path, site + "/package.json", site + "/no-index")
    assert_installed(target, "package.json")
    project = make_project(*LAPTOP)
    path = {"MICROPYPATH": "%s:.frozen" % target}
    where = machine.run("-c", "import arduino_iot_cloud as a; print(a.__file__)", env=path, cwd=project.folder)
    assert where.stdout.startswith(str(target))
    device = project.start(machine, "laptop.py", env=path)
    check_laptop(project)
    assert device.returncode is None, device.stdout + device.stderr


@pytest.mark.parametrize("name", BOARDS)
def test_mip_installs_a_boards_package(micropython, serve, tmp_path, name):
    target = install(micropython(32), tmp_path, "%s/%s" % (serve(ROOT, Completing), name), "no index")
    installed = {path.relative_to(target).as_posix(): path for path in target.rglob("*") if path.is_file()}
    expected = listed(name)
    assert "board.py" in expected and set(installed) == set(expected)
    for on_board, path in installed.items():
        assert path.read_bytes() == ((ROOT / name).parent / expected[on_board]).read_bytes()


API_CALL = """
import asyncio, sys
import arduino_cloud_api
from arduino_cloud_api import APIError, CloudAPI
print("from", arduino_cloud_api.__file__)
async def main():
    async with CloudAPI(*sys.argv[1:4], ssl_params={"cafile": sys.argv[4]}) as api:
        print("things", len(await api.things.list()))
asyncio.run(main())
"""


def test_mip_installs_the_client_of_the_api(micropython, local_cloud, serve, tmp_path):
    machine = micropython(32)
    site = serve(ROOT, Completing)
    for name in ("package.json", "package-api.json"):
        target = install(machine, tmp_path, "%s/%s" % (site, name), site + "/no-index")
    assert_installed(target, "package.json", "package-api.json")
    words = [local_cloud.api_key_id, local_cloud.api_key_secret, local_cloud.https, local_cloud.ca_der_file]
    done = machine.run("-c", API_CALL, *words, env={"MICROPYPATH": "%s:.frozen" % target}, cwd=tmp_path, check=True)
    assert done.stdout.startswith("from %s/" % target) and "\nthings " in done.stdout


@pytest.mark.parametrize("address", ["%s/package.json", "%s/", "%s"])
def test_mpremote_installs_from_relative_addresses(serve, tmp_path, address):
    mpremote.mip._install_package(FolderAsBoard(tmp_path), address % serve(ROOT), "no index", "lib", None, True)
    assert_installed(tmp_path / "lib", "package.json")


def add_to_index(index, name, version, files):
    """Put a package into an index as mip requests it: files by the start of their hash, a JSON file by name."""
    hashes = []
    for on_board, path in files:
        short = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
        hashes.append([on_board, short])
        target = index / "file" / short[:2] / short
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    target = index / "package" / "6" / name / (version + ".json")
    target.parent.mkdir(parents=True)
    target.write_text(json.dumps({"v": 1, "version": version, "hashes": hashes, "deps": []}))


SYNC = """
import umqtt.robust, arduino_iot_cloud.sync
from arduino_iot_cloud import ArduinoCloudClient
print(umqtt.robust.__file__, arduino_iot_cloud.sync.__file__)
"""


def test_mip_installs_sync_mode_with_its_dependencies(micropython, serve, tmp_path):
    machine = micropython(32)
    index = tmp_path / "index"
    for name, version in UMQTT:
        file = name.replace(".", "/") + ".py"
        add_to_index(index, name, version, [(file, PEERS / "umqtt" / file)])
    site, packages = serve(ROOT, Completing), serve(index)
    for name in ("package.json", "package-sync.json"):
        target = install(machine, tmp_path, "%s/%s" % (site, name), packages)
    path = {"MICROPYPATH": "%s:.frozen" % target}
    done = machine.run(code=SYNC, env=path, cwd=tmp_path, check=True)
    assert done.stdout.split() == [str(target / "umqtt/robust.py"), str(target / PACKAGE / "sync" / "__init__.py")]


def test_each_folder_of_modules_is_a_package():
    # MicroPython imports a folder without `__init__` as an empty module, and setuptools omits it from the wheel
    for folder in {path.parent for path in LIB.glob("arduino_*/**/*.py")}:
        assert (folder / "__init__.py").exists(), folder
