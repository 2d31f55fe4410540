"""The commands of docs/installing.md: unchanged mpremote with a board at a serial line."""

import os
import subprocess

import code_blocks
import pytest
from former_layout import OWN, PARTS, former_files, modules_on, put_back
from releasing.building import build
from releasing.checkout import Checkout
from toolchain.paths import ROOT, VENV

WHERE = "import arduino_iot_cloud, sys; print(arduino_iot_cloud.__file__)"
# The root certificates are files beside the package.
ROOTS = "from arduino_iot_cloud.certificates import root; print(len(root('AmazonRootCA1')))"


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """The folder of a release, made from the checkout."""
    return build(Checkout(ROOT), tmp_path_factory.mktemp("release"), dirty=True)


class MPRemote:
    """Runs `mpremote connect PORT …` in the checkout."""

    def __init__(self, board):
        self._command = [VENV / "bin" / "mpremote", "connect", board.port]
        self._env = {**os.environ, "PATH": "%s:%s" % (VENV / "bin", os.environ["PATH"])}

    def __call__(self, *words):
        """Run it, and return its output."""
        command = [*self._command, *words]
        done = subprocess.run(command, cwd=ROOT, env=self._env, capture_output=True, encoding="utf-8", timeout=50)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.replace("\r", "")


def test_installing_with_mip_from_the_checkout(plug):
    mpremote = MPRemote(plug(bits=32))
    said = mpremote("mip", "install", "package.json")
    assert said.startswith("Install package.json\nInstalling: /lib/arduino_iot_cloud/__init__.py\n")
    assert said.endswith("\nDone\n")
    assert mpremote("exec", WHERE) == "/lib/arduino_iot_cloud/__init__.py\n"
    assert mpremote("exec", ROOTS) == "837\n"


def test_installing_with_mip_from_a_release(plug, release):
    mpremote = MPRemote(plug(bits=32))
    assert mpremote("mip", "install", str(release / "mpy6" / "package.json")).endswith("\nDone\n")
    assert mpremote("exec", WHERE) == "/lib/arduino_iot_cloud/__init__.mpy\n"
    assert mpremote("exec", ROOTS) == "837\n"


@pytest.mark.parametrize("compiled", [True, False])
def test_installing_over_the_flat_layout_by_hand(compiled, plug, tmp_path):
    board = plug(bits=32)
    put_back(board, former_files(("package.json", "package-board.json", *PARTS), compiled=compiled))
    (block,) = (each for each in code_blocks.of("docs/installing.md") if "former_files.txt" in each.text)
    script = 'mpremote() { "%s" connect "%s" "$@"; }\n' % (VENV / "bin" / "mpremote", board.port)
    script += block.text.replace("tools/", "%s/tools/" % ROOT)
    done = subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
    left = modules_on(board)
    assert {path: left[path] for path in left if not path.endswith(".der")} == OWN
    mpremote = MPRemote(board)
    assert mpremote("mip", "install", "package.json").endswith("\nDone\n")
    assert mpremote("exec", WHERE) == "/lib/arduino_iot_cloud/__init__.py\n"
    assert OWN.items() <= modules_on(board).items()


def test_installing_as_plain_files(plug, release):
    mpremote = MPRemote(plug(bits=32))
    mpremote("cp", "-r", str(release / "mpy6" / "arduino_iot_cloud"), ":")
    assert mpremote("exec", WHERE) == "arduino_iot_cloud/__init__.mpy\n"
    assert mpremote("exec", ROOTS) == "837\n"


def test_installing_as_a_romfs_image(plug, release):
    mpremote = MPRemote(plug(bits=32, romfs_kb=128))
    assert "131072 bytes" in mpremote("romfs", "query")
    (image,) = release.glob("*-mpy6.romfs")
    assert mpremote("romfs", "deploy", str(image)).endswith("\nROMFS image deployed\n")
    assert mpremote("soft-reset", "exec", WHERE) == "/rom/arduino_iot_cloud/__init__.mpy\n"
    assert mpremote("exec", ROOTS) == "837\n"
