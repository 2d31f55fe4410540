"""What MicroPython's makemanifest.py freezes for a board whose manifest includes ours in one line."""

import os
import re
import subprocess
import sys

import pytest
from toolchain.mpy import compiler
from toolchain.parts import firmware
from toolchain.paths import ROOT

pytestmark = pytest.mark.timeout(600)

ASYNCIO = {"asyncio/%s.py" % name for name in ("__init__", "core", "event", "funcs", "lock", "stream")}
CLIENT = {"arduino_iot_cloud/client.py", "arduino_iot_cloud/bundled_roots.py"}
BOARD = {"arduino_cloud_board/device.py"}


@pytest.fixture
def freeze(emulated_firmware, tmp_path):
    """`freeze(text)` -> a list of the modules in the C code that a build generates from a manifest."""
    port = firmware.SOURCE / "ports" / "qemu"
    strings = "genhdr/qstrdefs.preprocessed.h"
    (tmp_path / "genhdr").mkdir()
    (tmp_path / strings).write_bytes((emulated_firmware.parent / strings).read_bytes())

    def run(text):
        (tmp_path / "manifest.py").write_text(text)
        content = tmp_path / "frozen_content.c"
        command = [sys.executable, firmware.SOURCE / "tools" / "makemanifest.py", "-o", content, "-b", tmp_path]
        folders = {"MPY_DIR": firmware.SOURCE, "PORT_DIR": port, "BOARD_DIR": tmp_path}
        folders["MPY_LIB_DIR"] = firmware.SOURCE / "lib" / "micropython-lib"
        command += [word for pair in folders.items() for word in ("-v", "%s=%s" % pair)]
        environment = {**os.environ, "MICROPY_MPYCROSS": str(compiler())}
        done = subprocess.run(
            command + [tmp_path / "manifest.py"], cwd=port, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return re.findall(r'^ +"(\S+\.py)\\0"$', content.read_text(), re.M)

    return run


@pytest.fixture
def relative(tmp_path):
    """The path of this checkout relative to the manifest's folder."""
    return os.path.relpath(ROOT, tmp_path)


def test_an_absolute_path_to_the_checkouts_folder_is_enough(freeze):
    names = freeze('include("%s")\n' % ROOT)
    assert set(names) >= CLIENT | ASYNCIO and not BOARD & set(names)


def test_asyncio_that_the_board_has_frozen_is_not_frozen_again(freeze, relative):
    lines = ['include("$(MPY_DIR)/extmod/asyncio")', 'include("%s/manifest.py", board=True)' % relative]
    names = freeze("\n".join(lines + lines))
    assert len(names) == len(set(names)) and set(names) >= CLIENT | ASYNCIO | BOARD


def test_firmware_may_bring_another_asyncio(freeze, relative, tmp_path):
    (tmp_path / "asyncio").mkdir()
    for name in ASYNCIO:
        (tmp_path / name).touch()
    names = freeze('package("asyncio")\ninclude("%s/manifest.py", asyncio=False)\n' % relative)
    assert len(names) == len(set(names)) and set(names) >= CLIENT | ASYNCIO
