"""The package in a ROMFS image made by mpremote, and in frozen code."""

import ast
import hashlib
import os
import shutil
import subprocess

import pytest
from example_projects import LAPTOP, check_laptop
from freezing import frozen
from toolchain import mpy
from toolchain.paths import LIB, ROOT, TOOLS, VENV

PACKAGE = "arduino_iot_cloud"
CERTIFICATES = LIB / PACKAGE / "certs"
FROM_ROM = TOOLS / "bench" / "device" / "from_rom.py"

# Prints every bundled root as the package finds it. Also makes the TLS context of a device with a secret key.
ROOTS = """
import sys
from binascii import hexlify
from hashlib import sha256
from arduino_iot_cloud import ArduinoCloudClient, CADATA
from arduino_iot_cloud.certificates import ROOTS, root
from arduino_iot_cloud.trust import context
for names in ROOTS:
    for name in names:
        print(name, hexlify(sha256(root(name)).digest()).decode())
print("CADATA", hexlify(sha256(CADATA).digest()).decode())
try:
    root("Unknown")
except OSError as error:
    print("Unknown", error)
NAMES = ("certificates", "bundled_roots", "trust")
context(ArduinoCloudClient("device", username="device", password="p"))
print("stays", [name for name in sys.modules if name.startswith("arduino_iot_cloud.") and name[18:] in NAMES])
"""


# It has just made the context.
STAYS = ["arduino_iot_cloud.trust"]


def assert_all_roots(output, where):
    found = dict(line.split(" ", 1) for line in output.splitlines())
    digests = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in CERTIFICATES.iterdir()}
    assert sorted(ast.literal_eval(found.pop("stays"))) == STAYS
    assert found.pop("Unknown").endswith("'%s/certs/Unknown.der' cannot be read" % where)
    assert found == {**digests, "CADATA": digests["ArduinoRoot"]}


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """An image with the compiled client, the example, and the program `roots` from ROOTS."""
    folder = tmp_path_factory.mktemp("rom")
    mpy.compile_tree(folder / "files", [PACKAGE])
    shutil.copy(ROOT / "examples" / "laptop.py", folder / "files")
    (folder / "files" / "roots.py").write_text(ROOTS)
    command = [VENV / "bin" / "mpremote", "romfs", "--output", folder / "image", "build", folder / "files"]
    environment = {**os.environ, "PATH": "%s:%s" % (VENV / "bin", os.environ["PATH"])}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return folder / "image"


@pytest.mark.parametrize("bits", [32, 64])
def test_the_demo_runs_from_a_romfs_image(micropython, make_project, image, bits):
    project = make_project(*LAPTOP)
    os.remove(project.write("laptop.py"))  # the program itself is in the image
    path = {"MICROPYPATH": "%s:.frozen" % project.folder}
    device = micropython(bits).start(FROM_ROM, image, "laptop", heap="%dk" % (1.5 * bits), env=path)
    check_laptop(project)
    assert device.returncode is None, device.stdout + device.stderr


def test_bundled_roots_are_read_from_a_romfs_image(micropython, image):
    done = micropython(32).run(FROM_ROM, image, "roots", env={"MICROPYPATH": ".frozen"}, check=True)
    assert_all_roots(done.stdout, "/rom/" + PACKAGE)


@pytest.fixture
def make_frozen(tmp_path):
    """`make_frozen(**roots)` -> a folder with only the modules that manifest.py freezes.

    roots: certificates that replace the bundled ones of the same name.
    """

    def make(**roots):
        checkout = tmp_path / "checkout"
        shutil.copytree(LIB / PACKAGE, checkout / "lib" / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
        for path in [ROOT / "manifest.py", ROOT / "package.json"]:
            shutil.copy(path, checkout)
        for name, path in roots.items():
            shutil.copy(path, checkout / "lib" / PACKAGE / "certs" / (name + ".der"))
        files, _ = frozen(checkout)
        target = tmp_path / "frozen"
        for name, source in files.items():
            mpy.compile_file(source, (target / name).with_suffix(".mpy"))
        shutil.rmtree(checkout)
        assert not list(target.rglob("*.der"))
        return target

    return make


def test_frozen_code_has_the_bundled_roots(micropython, make_frozen):
    target = make_frozen()
    done = micropython(32).run(code=ROOTS, env={"MICROPYPATH": "%s:.frozen" % target}, check=True)
    assert_all_roots(done.stdout, target / PACKAGE)


CLIENT = """
import sys
from arduino_iot_cloud import ArduinoCloudClient
server = {"server": "127.0.0.1", "port": int(sys.argv[1]), "ssl_params": {"server_hostname": "localhost"}}
client = ArduinoCloudClient("device", username="device", password="p", **server)
client.register("x", value=1)
client.start()
"""


@pytest.mark.parametrize("name", ["AmazonRootCA1", "SFSRootCAG2"])
def test_frozen_code_verifies_with_its_roots(micropython, mosquitto, certificates, make_frozen, tmp_path, name):
    target = make_frozen(**{name: certificates.ca_file_der})
    broker = mosquitto(users={"device": "p"})
    (tmp_path / "client.py").write_text(CLIENT)
    path = {"MICROPYPATH": "%s:.frozen" % target}
    micropython(32).start(tmp_path / "client.py", broker.tls_port, env=path, cwd=tmp_path)
    broker.wait_for_log("Received SUBSCRIBE from device")


def test_frozen_code_refuses_a_server_that_its_roots_do_not_know(micropython, mosquitto, make_frozen, tmp_path):
    target = make_frozen()
    broker = mosquitto(users={"device": "p"})
    (tmp_path / "client.py").write_text(CLIENT)
    path = {"MICROPYPATH": "%s:.frozen" % target}
    device = micropython(32).start(tmp_path / "client.py", broker.tls_port, env=path, cwd=tmp_path)
    device.wait_for("(?i)certificate")
    assert "from device" not in broker.log
