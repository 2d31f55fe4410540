"""Which board this is: each name that MicroPython's builds give themselves, overrides, unknown boards."""

import json

import pytest
from toolchain.paths import ROOT

BOARDS = ROOT / "boards"
GCC = "linux [GCC 15.2.0] version"
# sys.implementation._machine: MICROPY_HW_BOARD_NAME " with " MICROPY_HW_MCU_NAME of each build and variant (1.26.1)
TEXTS = {
    "Generic ESP32 module with ESP32": "ESP32_GENERIC",
    "Generic ESP32 module with OTA with ESP32": "ESP32_GENERIC",
    "Generic ESP32 module with SPIRAM with ESP32": "ESP32_GENERIC",
    "Generic ESP32 module with ESP32-D2WD": "ESP32_GENERIC",
    "Generic ESP32 module with ESP32-UNICORE": "ESP32_GENERIC",
    "Generic ESP32S3 module with ESP32S3": "ESP32_GENERIC_S3",
    "Generic ESP32S3 module with Octal-SPIRAM with ESP32S3": "ESP32_GENERIC_S3",
    "ESP32C3 module with ESP32C3": "ESP32_GENERIC_C3",
    "Arduino Nano ESP32 with ESP32S3": "ARDUINO_NANO_ESP32",
    "Arduino Nano RP2040 Connect with RP2040": "ARDUINO_NANO_RP2040_CONNECT",
    "Raspberry Pi Pico W with RP2040": "RPI_PICO_W",
    "Raspberry Pi Pico 2 W with RP2350": "RPI_PICO2_W",
    "Raspberry Pi Pico 2 W with RP2350-RISCV": "RPI_PICO2_W",
    "Arduino Portenta H7 with STM32H747": "ARDUINO_PORTENTA_H7",
    "Arduino Portenta C33 with RA6M5": "ARDUINO_PORTENTA_C33",
    "Arduino GIGA R1 WiFi with STM32H747": "ARDUINO_GIGA",
    "Arduino Nicla Vision with STM32H747": "ARDUINO_NICLA_VISION",
    "Arduino OPTA with STM32H747": "ARDUINO_OPTA",
    GCC: "UNIX",
    "linux [Clang 19.1.0] version": "UNIX",
    "mps2-an385 with Cortex-M3": "QEMU_ARM",
}
# Texts that resemble a known board's but belong to others, and what the message suggests
UNKNOWN = {
    "Raspberry Pi Pico with RP2040": "RPI_PICO_W may fit",
    "Raspberry Pi Pico 2 with RP2350": "RPI_PICO2_W may fit",
    "Raspberry Pi Pico Wide with RP2040": "RPI_PICO_W may fit",
    "LOLIN_S2_MINI with ESP32-S2FN4R2": None,
    "Generic ESP32S2 module with ESP32S2": None,
    "Someone's board with ESP32": "ESP32_GENERIC may fit",
    "Someone's board with ESP32C3": "ESP32_GENERIC_C3 may fit",
    "Someone's board with Generic ESP32 module": None,
    "ESP32C6 module with ESP32C6": None,
    "linuxish thing": None,
    " with ": None,
    "": None,
}

DETECT = """
import json
from arduino_cloud_board import detection
for text in %r:
    try:
        print(json.dumps([text, detection.detect(text)]))
    except detection.UnknownBoard as error:
        print(json.dumps([text, None, str(error)]))
"""


def detected(interpreter, texts):
    done = interpreter.run(code=DETECT % (list(texts),), check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_build_is_recognised(interpreter):
    assert dict(detected(interpreter, TEXTS)) == TEXTS


def test_every_folder_can_be_recognised():
    assert set(TEXTS.values()) == {path.name for path in BOARDS.iterdir() if path.is_dir()}


def test_an_unknown_board_is_named_with_what_helps(interpreter):
    for text, name, message in detected(interpreter, UNKNOWN):
        assert name is None
        assert repr(text) in message and "board_name" in message and "secrets.py" in message
        assert (UNKNOWN[text] or "") in message
        assert ("may fit" in message) == bool(UNKNOWN[text])


def test_the_page_shows_what_is_said_of_an_unknown_board(micropython):
    ((_, _, message),) = detected(micropython(32), ["Someone's board with ESP32C3"])
    assert message in (ROOT / "docs" / "boards.md").read_text()


RUN = """
import sys
from arduino_cloud_board import detection
try:
    board = detection.load(*sys.argv[1:])
except Exception as error:
    print(type(error).__name__, error)
else:
    print(board.NAME, board.PORT, board.NETWORK, board.KEYS, board.WATCHDOG_MS)
    print(board.network_interface())
"""
# Prints the interface it is made for.
NETWORK = "STA_IF = 7\nclass WLAN:\n    def __init__(self, which):\n        print('WLAN', which)\n"


@pytest.fixture
def load(interpreter, tmp_path):
    """`load(*words, board=folder of boards/, files={name: content}, folders=[name])` -> the output of
    `detection.load(*words)`."""

    def run(*words, board=None, files=None, folders=()):
        for name, content in (files or {}).items():
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        for name in folders:
            (tmp_path / name).mkdir()
        path = [tmp_path] + ([BOARDS / board] if board else [])
        return interpreter.run("-c", RUN, *words, path=path, cwd=tmp_path, check=True).stdout.splitlines()

    return run


def test_this_machine_is_a_computer(load):
    assert load() == load(board="UNIX") == ["UNIX unix None secrets None", "None"]


def test_board_py_of_another_board_is_refused(load, interpreter):
    line = load(board="RPI_PICO_W", files={"network.py": NETWORK})[0]
    if interpreter.name == "cpython":  # it has no _machine to compare
        assert line == "RPI_PICO_W rp2 wifi files 8388"
    else:
        assert line.startswith("WrongBoard board.py is for RPI_PICO_W, but _machine is 'linux [GCC")


@pytest.mark.parametrize("files", [
    {"board_name": "ARDUINO_PORTENTA_C33\n"},
    {"secrets.py": "BOARD = 'ARDUINO_PORTENTA_C33'"},
    {"board_name": "ARDUINO_PORTENTA_C33", "secrets.py": "BOARD = 'RPI_PICO_W'"},
])  # fmt: skip
def test_a_file_or_secrets_py_overrides(load, files):
    files = {"network.py": NETWORK, **files}
    lines = load(board="ARDUINO_PORTENTA_C33", files=files)
    assert lines[:2] == ["ARDUINO_PORTENTA_C33 renesas-ra wifi files None", "WLAN 7"]
    (line,) = load(board="RPI_PICO_W", files=files)
    assert line == "WrongBoard board.py is for RPI_PICO_W, but ARDUINO_PORTENTA_C33 is asked for"


def test_an_argument_overrides_all(load):
    files = {"board_name": "ARDUINO_OPTA"}
    (line,) = load("RPI_PICO_W", board="ARDUINO_OPTA", files=files)
    assert line == "WrongBoard board.py is for ARDUINO_OPTA, but RPI_PICO_W is asked for"


@pytest.mark.parametrize("name", ["", "pico w", "../UNIX", "RPI_PICO_W\nMORE", "Pico"])
def test_a_name_that_is_none_is_refused(load, name):
    (line,) = load(files={"board_name": name})
    assert line == "ValueError the file board_name: a board's name such as RPI_PICO_W expected, not %r" % name


def test_a_file_that_is_not_text_is_refused(load):
    (line,) = load(files={"board_name": "RPI_PICO_W".encode("utf-16")})
    assert line.startswith("ValueError the file board_name: a board's name such as RPI_PICO_W expected, not b'")
    (line,) = load(files={"board_name": b"\xef\xbb\xbfRPI_PICO_W"})
    assert line.startswith("ValueError the file board_name: a board's name such as RPI_PICO_W expected, not '")


def test_a_file_that_cannot_be_read_is_not_taken_for_none(load):
    (line,) = load(folders=["board_name"])  # reading a folder raises EISDIR
    assert "the file board_name cannot be read" in line


def test_secrets_py_with_a_mistake_is_not_passed_over(load):
    (line,) = load(files={"secrets.py": "BOARD ="})
    assert line.startswith("ValueError secrets.py cannot be imported: SyntaxError")


def test_an_own_board_needs_no_folder_here(load):
    own = "NAME = 'MY_GATEWAY'\nMACHINE = 'linux'\nPORT = 'unix'\ndef network_interface():\n    return 'mine'\n"
    assert load(files={"board.py": own}) == ["MY_GATEWAY unix None files None", "mine"]


def test_a_board_py_that_cannot_be_imported_is_not_taken_for_none(load):
    (line,) = load(files={"board.py": "import no_such_module\nNAME = 'MY_GATEWAY'\nMACHINE = 'linux'\n"})
    assert line.startswith("ImportError ") or line.startswith("ModuleNotFoundError ")
    assert "no_such_module" in line


def test_somebody_elses_module_named_board_is_left_alone(load):
    assert load(files={"board.py": "D1 = 1\n"}) == ["UNIX unix None secrets None", "None"]


def test_without_board_py_what_can_be_seen_goes_and_is_said(load, interpreter):
    lines = load(files={"board_name": "SOMEONES_BOARD", "network.py": NETWORK})
    if interpreter.name != "cpython":  # there the message goes to `logging`
        assert lines.pop(0).startswith("Board SOMEONES_BOARD: no board.py is installed")
    assert lines[:2] == ["SOMEONES_BOARD unix wifi secrets None", "WLAN 7"]
