"""Installing from this checkout, served over HTTP, with MicroPython's own mip and mpremote's; what the packages list.

Addresses in package.json are relative to it. mip 0.3, frozen into Debian's MicroPython (boards have 0.4 since 1.25),
does not know such addresses: for it, the server completes them.
"""

import contextlib
import functools
import hashlib
import http.server
import json
import threading
from pathlib import Path

import mpremote.mip
import pytest
from toolchain.paths import LIB, PEERS, ROOT

PACKAGE = "arduino_iot_cloud"
API = "arduino_cloud_api"
# For CPython alone: these never go to a board.
NOT_ON_BOARDS = {"%s/%s.py" % (PACKAGE, name) for name in ("cpython", "hsm", "keyfiles", "stepping")}


class Plain(http.server.SimpleHTTPRequestHandler):
    """Serves files as they are."""

    def log_message(self, *_):
        pass


class Completing(Plain):
    """Serves packages with the whole addresses of their files."""

    def do_GET(self):
        if not self.path.startswith("/package"):
            return super().do_GET()
        package = json.loads((ROOT / self.path[1:]).read_text())
        site = "http://127.0.0.1:%d/" % self.server.server_port
        package["urls"] = [[name, site + url] for name, url in package["urls"]]
        body = json.dumps(package).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def serve():
    """`serve(folder)` -> its URL on loopback."""
    with contextlib.ExitStack() as stack:

        def start(folder, how=Plain):
            handler = functools.partial(how, directory=str(folder))
            server = stack.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
            return "http://127.0.0.1:%d" % server.server_port

        yield start


def listed(name):
    """{file on the board: file in the checkout} of a package."""
    package = json.loads((ROOT / name).read_text())
    assert len(dict(package["urls"])) == len(package["urls"])
    return dict(package["urls"])


def in_folder():
    paths = [path for folder in (PACKAGE, API) for path in (LIB / folder).rglob("*")]
    return {path.relative_to(LIB).as_posix() for path in paths if path.suffix in (".py", ".der")} - NOT_ON_BOARDS


class Options:
    def __init__(self, **given):
        self.__dict__.update(given)

    def defaults(self, **values):
        for name in values:
            self.__dict__.setdefault(name, values[name])


def frozen(**options):
    """(files, required packages) of manifest.py, run as MicroPython's build does."""
    found, required = [], []

    def package(name, files, base_path, opt):
        assert (base_path, opt) == ("lib", 3)
        found.extend("%s/%s" % (name, file) for file in files)

    names = {
        "options": Options(**options),
        "package": package,
        "require": required.append,
    }
    with contextlib.chdir(ROOT):
        exec(compile((ROOT / "manifest.py").read_text(), "manifest.py", "exec"), names)
    return found, required


def test_every_file_is_in_one_package():
    packages = [listed(name) for name in ("package.json", "package-sync.json", "package-api.json")]
    every = {name: url for package in packages for name, url in package.items()}
    assert len(every) == sum(map(len, packages))
    assert set(every) == in_folder(), "run tools/packages"
    for name, url in every.items():
        assert url == "lib/" + name


def test_frozen_files_are_the_packages_modules():
    modules = {name for name in listed("package.json") if name.endswith(".py")}
    files, required = frozen()
    assert len(files) == len(modules) and set(files) == modules and not required
    files, required = frozen(sync=True)
    assert set(files) == modules | set(listed("package-sync.json")) and required == ["umqtt.robust"]
    files, required = frozen(api=True)
    assert set(files) == modules | set(listed("package-api.json")) and not required


def test_all_packages_have_the_clients_version(cpython):
    version = cpython.run(code="import arduino_iot_cloud as a; print(a.__version__)", check=True).stdout.strip()
    for name in ("package.json", "package-sync.json", "package-api.json"):
        assert json.loads((ROOT / name).read_text())["version"] == version


INSTALL = """
import mip, sys
package, target, index = sys.argv[1:]
mip.install(package, target=target, index=index)
"""

DEVICE = """
import sys
port, root = sys.argv[1:]
import arduino_iot_cloud
from arduino_iot_cloud import ArduinoCloudClient
from arduino_iot_cloud.cbor_item import dumps
print("from", arduino_iot_cloud.__file__)
print("encoded", dumps([{0: "x", 2: 7}]).hex())
tls = {"cafile": root, "server_hostname": "localhost"}
client = ArduinoCloudClient("device", username="device", password="p", ssl_params=tls, server="127.0.0.1", port=int(port))
client.register("x", value=1)
client.start()
"""


def install(machine, folder, package, index):
    """Run mip on this interpreter; what it printed."""
    script = folder / "install.py"
    script.write_text(INSTALL)
    target = folder / "board"
    done = machine.run(script, package, target, index, env={"MICROPYPATH": ".frozen"}, cwd=folder, check=True)
    # mip reports a failure in words alone.
    assert "Done" in done.stdout, done.stdout
    return target


def assert_installed(target, *packages):
    """The folder has the files of these packages, and nothing else."""
    installed = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert installed == set().union(*map(listed, packages))
    for name in installed:
        assert (target / name).read_bytes() == (LIB / name).read_bytes()


@pytest.mark.parametrize("bits", [32, 64])
def test_mip_installs_a_client_that_connects(micropython, mosquitto, certificates, serve, tmp_path, bits):
    machine = micropython(bits)
    site = serve(ROOT, Completing)
    target = install(machine, tmp_path, site + "/package.json", site + "/no-index")
    assert_installed(target, "package.json")
    broker = mosquitto(users={"device": "p"})
    script = tmp_path / "device.py"
    script.write_text(DEVICE)
    path = {"MICROPYPATH": "%s:.frozen" % target}
    device = machine.start(script, broker.tls_port, certificates.ca_file_der, env=path, cwd=tmp_path)
    assert device.wait_for("^from (.*)\n").group(1).startswith(str(target))
    device.wait_for("^encoded 81a20061780207$")
    broker.wait_for_log("Received SUBSCRIBE from device")


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


class Folder:
    """What mpremote's mip needs of a board: a folder's file system."""

    def fs_exists(self, path):
        return Path(path).exists()

    def fs_mkdir(self, path):
        Path(path).mkdir()

    def fs_writefile(self, path, data, progress_callback=None):
        Path(path).write_bytes(data)


@pytest.mark.parametrize("address", ["%s/package.json", "%s/", "%s"])
def test_mpremote_installs_from_relative_addresses(serve, tmp_path, address):
    mpremote.mip._install_package(Folder(), address % serve(ROOT), "no index", str(tmp_path), None, True)
    assert_installed(tmp_path, "package.json")


def add_to_index(index, name, files, deps=()):
    """Put a package into an index as mip asks for it: files by the start of their hash, and a JSON file by name."""
    hashes = []
    for on_board, path in files:
        short = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
        hashes.append([on_board, short])
        target = index / "file" / short[:2] / short
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    target = index / "package" / "6" / name / "latest.json"
    target.parent.mkdir(parents=True)
    target.write_text(json.dumps({"v": 1, "version": "1", "hashes": hashes, "deps": list(deps)}))


SYNC = """
import umqtt.robust, arduino_iot_cloud.sync
from arduino_iot_cloud import ArduinoCloudClient
print(umqtt.robust.__file__, arduino_iot_cloud.sync.__file__)
"""


def test_mip_installs_sync_mode_with_its_dependencies(micropython, serve, tmp_path):
    machine = micropython(32)
    index = tmp_path / "index"
    umqtt = PEERS / "umqtt" / "umqtt"
    add_to_index(index, "umqtt.simple", [("umqtt/simple.py", umqtt / "simple.py")])
    add_to_index(index, "umqtt.robust", [("umqtt/robust.py", umqtt / "robust.py")], [["umqtt.simple", "latest"]])
    site, packages = serve(ROOT, Completing), serve(index)
    for name in ("package.json", "package-sync.json"):
        target = install(machine, tmp_path, "%s/%s" % (site, name), packages)
    path = {"MICROPYPATH": "%s:.frozen" % target}
    done = machine.run(code=SYNC, env=path, cwd=tmp_path, check=True)
    assert done.stdout.split() == [str(target / "umqtt/robust.py"), str(target / PACKAGE / "sync.py")]
