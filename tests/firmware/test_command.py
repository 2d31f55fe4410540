"""tools/firmware: the builds that run here, and what it says about the others."""

import os
import re
import resource
import subprocess

import pytest
from firmware_build import elsewhere
from toolchain.parts import firmware
from toolchain.paths import ROOT, TOOLS

pytestmark = pytest.mark.timeout(600)


def command(*arguments):
    """Run tools/firmware and return a subprocess.CompletedProcess."""
    return subprocess.run([TOOLS / "firmware", *arguments], capture_output=True, text=True, timeout=600)


def _processor_seconds():
    """Return the processor time of the children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("board", ["QEMU_ARM", "UNIX"])
def test_a_second_build_is_quick(board):
    first = command(board)
    assert first.returncode == 0, first.stderr
    path = first.stdout.strip()
    made = os.stat(path).st_mtime_ns
    begin = _processor_seconds()
    second = command(board)
    assert second.returncode == 0 and os.stat(path).st_mtime_ns == made
    assert "nothing has changed" in second.stderr
    assert _processor_seconds() - begin < 4  # 1 s on an idle machine


@pytest.mark.parametrize("board", ["QEMU_ARM", "UNIX"])
def test_the_page_tells_how_large_it_is(board):
    path = command(board).stdout.strip()
    sizes = subprocess.run(["size", path], capture_output=True, text=True, check=True).stdout.splitlines()[1]
    text, data, bss = map(int, sizes.split()[:3])
    page = (ROOT / "docs" / "firmware.md").read_text()
    told = re.search(r"^%s: (\d+) bytes of code and constants, (\d+) of variables" % board, page, re.M)
    for one, other in zip(told.groups(), (text, data + bss)):
        assert abs(int(one) - other) < 0.02 * other, "docs/firmware.md: %d" % other


OTHERS = [name for name in elsewhere.names() if name not in ("QEMU_ARM", "UNIX")]


@pytest.mark.parametrize("board", OTHERS)
def test_other_boards_get_what_is_missing_and_the_commands(board):
    done = command(board)
    port = elsewhere.port(board)
    assert done.returncode == 1
    assert "missing: MicroPython with its submodules" in done.stdout
    assert "make -C micropython/ports/%s BOARD=%s submodules\n" % (port, board) in done.stdout
    assert "FROZEN_MANIFEST=%s\n" % (ROOT / "boards" / board / "manifest.py") in done.stdout


def test_every_board_is_known_to_its_port():
    """MicroPython's source has each board under the name that the printed commands use."""
    firmware.install(firmware.MICROPYTHON)
    for board in OTHERS:
        assert (firmware.SOURCE / "ports" / elsewhere.port(board) / "boards" / board).is_dir()


def test_a_checkout_is_looked_through():
    firmware.install(firmware.MICROPYTHON)
    done = command("RPI_PICO_W", "--micropython", firmware.SOURCE)
    assert done.returncode == 1 and "git clone" not in done.stdout
    assert "are empty: lib/pico-sdk, lib/tinyusb, lib/mbedtls, lib/lwip" in done.stdout
    assert "make -C %s/mpy-cross\n" % firmware.SOURCE in done.stdout


def test_the_programs_of_a_port_are_looked_for(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "idf.py is not on PATH" in "\n".join(elsewhere.missing("ESP32_GENERIC", None))
    (tmp_path / "idf.py").touch(mode=0o755)
    assert "idf.py" not in "\n".join(elsewhere.missing("ESP32_GENERIC", None))


def test_an_old_checkout_or_another_folder_is_refused(tmp_path):
    done = command("RPI_PICO_W", "--micropython", tmp_path)
    assert done.returncode == 1
    assert done.stderr == "tools/firmware: %s is not a checkout of MicroPython\n" % tmp_path
    (tmp_path / "py").mkdir()
    version = "#define MICROPY_VERSION_MAJOR 1\n#define MICROPY_VERSION_MINOR 20\n"
    (tmp_path / "py" / "mpconfig.h").write_text(version)
    done = command("RPI_PICO_W", "--micropython", tmp_path)
    assert done.stderr == "tools/firmware: %s is MicroPython 1.20, but 1.24 or newer is needed\n" % tmp_path


def test_an_unknown_board_is_refused_with_the_names():
    done = command("NONSENSE")
    assert done.returncode == 2 and "NONSENSE" in done.stderr and "RPI_PICO_W" in done.stderr
