"""boards/, compared with MicroPython's own definitions of the boards in the source that tools/firmware builds."""

import ast
import os
import re
import sys

import pytest
from toolchain.parts import firmware
from toolchain.paths import ROOT

BOARDS = ROOT / "boards"
RADIOS = {"CYW43": "cyw43", "NINAW10": "nina", "ESP_HOSTED": "esp-hosted"}


def facts(name):
    """The constants of a board.py."""
    found = {"USB": (), "USB_BOOTLOADER": (), "RADIO": None}
    for statement in ast.parse((BOARDS / name / "board.py").read_text()).body:
        if isinstance(statement, ast.Assign):
            found[statement.targets[0].id] = ast.literal_eval(statement.value)
    return found


def boards_of(port):
    return tuple(sorted(path.name for path in BOARDS.iterdir() if path.is_dir() and facts(path.name)["PORT"] == port))


ESP32, RP2, STM32, RENESAS = map(boards_of, ("esp32", "rp2", "stm32", "renesas-ra"))
DEFINED = ESP32 + RP2 + STM32 + RENESAS


@pytest.fixture(scope="session")
def ports():
    """The folder `ports` of MicroPython's source."""
    folder = firmware.SOURCE / "ports"
    if not (folder / "stm32" / "boards").is_dir():
        missing = "MicroPython's source is not there: tools/setup firmware"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    return folder


def texts(folder):
    """Return all text files of a board's definition, joined."""
    return "\n".join(path.read_text(errors="replace") for path in sorted(folder.iterdir()) if path.is_file())


def defined(ports, name):
    return texts(ports / facts(name)["PORT"] / "boards" / name)


def names_in(text):
    return set(re.findall(r"\bMICROPY_HW_BOARD_NAME(?:=|\s+)\"([^\"]+)\"", text))


def macro(text, name):
    """Return a number that a header defines, or None."""
    found = re.search(r"#define\s+%s\s+\(?(0x[0-9a-fA-F]+|\d+)\)?" % name, text)
    return found and int(found.group(1), 0)


DETECT = """
import sys
from arduino_cloud_board import detection
for text in sys.stdin.read().split("\\n"):
    try:
        print(detection.detect(text))
    except detection.UnknownBoard:
        print("unknown")
"""


def test_of_all_boards_in_the_source_each_is_taken_for_itself(ports, cpython):
    wanted = {}
    for port in ("esp32", "rp2", "stm32", "renesas-ra"):
        for folder in (ports / port / "boards").iterdir():
            if folder.is_dir():
                own = folder.name if folder.name in DEFINED else "unknown"
                wanted.update({name + " with CHIP": own for name in names_in(texts(folder))})
    assert len(wanted) > 100 and set(wanted.values()) == {*DEFINED, "unknown"}
    code = DETECT.replace("sys.stdin.read()", repr("\n".join(wanted)))
    found = dict(zip(wanted, cpython.run(code=code, check=True).stdout.split()))
    assert found == wanted


@pytest.mark.parametrize("name", DEFINED)
def test_the_name_of_the_machine(ports, name):
    assert facts(name)["MACHINE"] in names_in(defined(ports, name))


@pytest.mark.parametrize("name", STM32 + RENESAS + RP2)
def test_usb_ids(ports, name):
    text = defined(ports, name)
    if name in RP2 and macro(text, "MICROPY_HW_USB_VID") is None:  # the port's own
        text = (ports / "rp2" / "mpconfigport.h").read_text()
    ids = macro(text, "MICROPY_HW_USB_VID"), macro(text, "MICROPY_HW_USB_PID")
    assert facts(name)["USB"] == (ids,)


def test_usb_ids_of_the_esp32(ports):
    text = (ports / "esp32" / "mpconfigport.h").read_text()
    base = int(re.search(r"USB_TUSB_PID \((0x[0-9A-F]+) \| _PID_MAP\(CDC, 0\)", text).group(1), 0)
    # The one CDC interface sets bit 0, and there are no others.
    assert facts("ESP32_GENERIC_S3")["USB"] == ((macro(text, "USB_ESPRESSIF_VID"), base | 1),)
    text = defined(ports, "ARDUINO_NANO_ESP32")
    ids = tuple(int(re.search("_CUSTOM_%s=(0x[0-9A-F]+)" % one, text).group(1), 0) for one in ("VID", "PID"))
    assert facts("ARDUINO_NANO_ESP32")["USB"] == (ids,)


@pytest.mark.parametrize("name", STM32 + RENESAS + ("ARDUINO_NANO_ESP32",))
def test_usb_ids_of_the_bootloader(ports, name):
    folder = ports / facts(name)["PORT"] / "boards" / name
    found = re.findall(r"-d (?:0x)?([0-9a-f]{4}):(?:0x)?([0-9a-f]{4})", (folder / "deploy.md").read_text())
    ids = {tuple(int(one, 16) for one in pair) for pair in found}
    makefile = folder / "mpconfigboard.mk"
    if makefile.is_file():
        pid = re.search(r"BOOTLOADER_DFU_USB_PID = (0x[0-9a-f]+)", makefile.read_text())
        ids |= {(0x2341, int(pid.group(1), 0))} if pid else set()
    assert set(facts(name)["USB_BOOTLOADER"]) == ids


@pytest.mark.parametrize("name", DEFINED)
def test_the_led_is_one_of_the_boards_pins(ports, name):
    led = facts(name)["LED"]
    pins = ports / facts(name)["PORT"] / "boards" / name / "pins.csv"
    if led is None:
        assert not pins.is_file()
        return
    assert re.search(r"^%s,-?\w+$" % led[0], pins.read_text(), re.M)
    lit = re.search(r"MICROPY_HW_LED_ON\(pin\)\s+\(?mp_hal_pin_(low|high)", defined(ports, name))
    if lit:
        assert led[1] == (lit.group(1) == "high")


def test_the_led_of_the_nano_esp32_is_off_when_high(ports):
    """The board's own board_init.c sets its three LEDs, of which this is one, to 1 before it leaves the bootloader."""
    text = (ports / "esp32" / "boards" / "ARDUINO_NANO_ESP32" / "board_init.c").read_text()
    assert "mp_hal_pin_write(LED_GREEN, 1);" in text and facts("ARDUINO_NANO_ESP32")["LED"][1] == 0


@pytest.mark.parametrize("name", DEFINED)
def test_romfs_is_on_where_the_definition_says_so(ports, name):
    text = defined(ports, name)
    enabled = macro(text, "MICROPY_HW_ROMFS_ENABLE_PART0") == 1
    if name in ESP32:
        boards = ports / "esp32" / "boards"
        settings = [boards / "sdkconfig.base", boards / name / "sdkconfig.board"]
        text = "".join(path.read_text() for path in settings if path.is_file())
        table = re.findall(r'PARTITION_TABLE_CUSTOM_FILENAME="([^"]+)"', text)[-1]
        enabled = "romfs" in (ports / "esp32" / table).read_text()
    if name in RP2:
        port = (ports / "rp2" / "mpconfigport.h").read_text()
        size = macro(text, "MICROPY_HW_ROMFS_BYTES")
        enabled = bool(macro(port, "MICROPY_HW_ROMFS_BYTES") if size is None else size)
    assert facts(name)["ROMFS"] == enabled


@pytest.mark.parametrize("name", RP2 + STM32 + RENESAS)
def test_the_radio_and_the_cable(ports, name):
    found = set(re.findall(r"MICROPY_PY_NETWORK_(CYW43|NINAW10|ESP_HOSTED)\W+(?:1|ON)\b", defined(ports, name)))
    assert {facts(name)["RADIO"]} == ({RADIOS[one] for one in found} or {None})
    cable = re.search(r"MICROPY_HW_ETH_MDC|MICROPY_PY_NETWORK_WIZNET5K", defined(ports, name))
    assert ("ethernet" in (facts(name)["NETWORK"] or "")) == bool(cable)
    by_wiznet = cable and "WIZNET5K" in cable.group()  # which is not the `network.LAN` of defaults.py
    assert bool(by_wiznet) == ("network.WIZNET5K" in (BOARDS / name / "board.py").read_text())


def test_the_longest_watchdogs(ports):
    longest = macro((ports / "rp2" / "machine_wdt.c").read_text(), "WDT_TIMEOUT_MAX")
    assert {facts(name)["WATCHDOG_MS"] for name in RP2} == {longest}
    text = (ports / "stm32" / "machine_wdt.c").read_text()
    halvings, below = re.search(r"prescaler < (\d+) && timeout >= (\d+)", text).groups()
    assert {facts(name)["WATCHDOG_MS"] for name in STM32} == {(int(below) << int(halvings)) - 1}
    assert facts("ARDUINO_PORTENTA_C33")["WATCHDOG_MS"] is None
    assert not (ports / "renesas-ra" / "machine_wdt.c").exists()
    assert "WDT_TIMEOUT_MAX" not in (ports / "esp32" / "machine_wdt.c").read_text()


@pytest.mark.parametrize("name", ("ARDUINO_PORTENTA_H7", "ARDUINO_NICLA_VISION"))
def test_the_secure_elements_pin(ports, name):
    pins = (ports / "stm32" / "boards" / name / "pins.csv").read_text()
    assert re.search(r"^SE05X_EN,", pins, re.M) and facts(name)["SECURE_ELEMENT"][0] == "se05x"


@pytest.fixture(scope="session")
def manifestfile(ports):
    """MicroPython's own manifest reader."""
    sys.path.insert(0, str(firmware.SOURCE / "tools"))
    try:
        import manifestfile

        return manifestfile
    finally:
        sys.path.remove(str(firmware.SOURCE / "tools"))


def make_libraries(folder, ports):
    """Make an empty package for everything that the boards' manifests require, since Debian's source lacks them."""
    (folder / "README.md").touch()
    wanted = {"bundle-networking", "dht", "onewire", "ds18x20", "neopixel", "mip-cmdline", "ssl", "umqtt.simple"}
    for manifest in ports.glob("*/boards/**/manifest.py"):
        wanted.update(re.findall(r'^require\("([^"]+)"', manifest.read_text(), re.M))
    for name in wanted:
        for place in ("micropython", "lib", "unix-ffi"):
            package = folder / place / name
            package.mkdir(parents=True)
            (package / "manifest.py").write_text("metadata(version='0.0.0')\n")


@pytest.mark.parametrize("name", DEFINED + ("UNIX", "QEMU_ARM"))
def test_the_manifest_freezes_the_boards_own_and_ours(ports, manifestfile, tmp_path, name):
    make_libraries(tmp_path, ports)
    source = firmware.SOURCE
    variables = {
        "MPY_DIR": str(source),
        "MPY_LIB_DIR": str(tmp_path),
        "PORT_DIR": str(ports / facts(name)["PORT"]),
        "BOARD_DIR": str(BOARDS / name),
        "ARDUINO_LIB_DIR": str(tmp_path),
    }
    manifest = manifestfile.ManifestFile(manifestfile.MODE_FREEZE, variables)
    manifest.execute(str(BOARDS / name / "manifest.py"))
    files = {one.target_path: one.full_path for one in manifest.files()}
    assert os.path.samefile(files["board.py"], BOARDS / name / "board.py")
    for module in ("arduino_iot_cloud/client.py", "arduino_cloud_board/detection.py", "asyncio/core.py"):
        assert module in files
    assert not [path for path in files if path.startswith(("arduino_cloud_api/", "umqtt/"))]
