"""tools/provision with an emulated Cortex-M3, whose raw REPL and files are MicroPython's. It has no network."""

import subprocess

import pytest
from emulated import Board
from link_rig import files_on
from provisioning import payload
from toolchain.parts import firmware
from toolchain.paths import ROOT, TOOLS

pytestmark = pytest.mark.timeout(600)


def switched_on(elf):
    firmware.install(firmware.EMULATOR)
    return Board(elf)


@pytest.fixture
def empty_board(empty_firmware):
    board = switched_on(empty_firmware)
    yield board
    board.stop()


@pytest.fixture
def frozen_board(emulated_firmware):
    board = switched_on(emulated_firmware)
    yield board
    board.stop()


def provision(board, *arguments):
    """Do the board's part of tools/provision and return what it says."""
    command = [TOOLS / "provision", "--port", board.port, "--no-device", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(line.split(None, 1) for line in done.stdout.splitlines())


def test_the_package_is_copied_byte_by_byte_and_runs(empty_board, tmp_path):
    program = tmp_path / "program.py"
    program.write_text("print('the program runs')\n")
    assert "would be copied" in provision(empty_board, "--dry-run")["package"]
    assert files_on(empty_board, packages=True) == {}
    provision(empty_board, "--main", program)
    expected = {"/lib/" + name: data for name, data in payload.package((), 6).files.items()}
    expected["/lib/board.py"] = (ROOT / "boards" / "QEMU_ARM" / "board.py").read_bytes()
    expected["/main.py"] = program.read_bytes()
    assert files_on(empty_board, packages=True) == expected
    code = "from arduino_iot_cloud import ArduinoCloudClient as C\nfrom arduino_cloud_board.detection import load\n"
    code += "c = C('id', b'id', b'secret')\nc.register('a', value=1)\nprint(c['a'], load().NAME, load.__globals__['__file__'])"
    assert empty_board.run(code).split() == ["1", "QEMU_ARM", "/lib/arduino_cloud_board/detection.mpy"]
    again = provision(empty_board, "--main", program)
    assert again["package"] == again["board.py"] == "up to date"


def test_what_is_frozen_in_is_not_copied(frozen_board, tmp_path):
    program = tmp_path / "program.py"
    program.write_text("print('the program runs')\n")
    said = provision(frozen_board, "--main", program)
    assert said["package"] == "frozen into the firmware"
    assert files_on(frozen_board, packages=True) == {"/main.py": program.read_bytes()}


def test_what_the_firmware_lacks_is_copied_beside_what_is_frozen_in(core_alone_firmware):
    board = switched_on(core_alone_firmware)
    try:
        said = provision(board, "--dry-run")["package"]
    finally:
        board.stop()
    lacking = [name for name in payload.package((), 6).files if name.startswith("arduino_cloud_board/")]
    assert said.startswith("%d of %d files" % (len(lacking), len(lacking)))


def test_the_program_runs_after_a_reset(frozen_board, tmp_path):
    program = tmp_path / "program.py"
    program.write_text("with open('started', 'w') as file:\n    file.write('by itself')\n")
    provision(frozen_board, "--main", program)  # leaves the board with its program running
    assert files_on(frozen_board, packages=True)["/started"] == b"by itself"
