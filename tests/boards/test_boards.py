"""boards/: all files exist, every board.py imports and agrees with docs/boards.md, and every package installs."""

import ast
import contextlib
import json
import re
from pathlib import Path

import mpremote.mip
import pytest
from serving import Completing, serving
from toolchain.paths import LIB, ROOT

BOARDS = ROOT / "boards"
NAMES = sorted(path.name for path in BOARDS.iterdir() if path.is_dir())
FILES = {"board.py", "manifest.py", "package.json", "README.md"}
PORTS = {"esp32", "rp2", "stm32", "renesas-ra", "unix", "qemu"}
RADIOS = {"esp32", "cyw43", "nina", "esp-hosted"}
ARCHITECTURES = {"", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp", "xtensawin", "rv32imc"}

# The part of a board's firmware that board.py and defaults.py use. Each stand-in prints how it was called.
STANDINS = {
    "machine.py": """
class Pin:
    OUT = 3
    def __init__(self, name, mode=None, value=None):
        print("pin", name, mode, value)
        self.name = name
    def value(self, value):
        print("level", self.name, value)
class RTC:
    def datetime(self, t):
        print("rtc", t)
def deepsleep(ms):
    print("deepsleep", ms)
""",
    "network.py": """
STA_IF = 0
class WLAN:
    def __init__(self, which):
        print("wlan", which)
class LAN:
    def __init__(self):
        print("lan")
""",
}
FACTS = """
import json, sys
from arduino_cloud_board.detection import load
from arduino_cloud_board.defaults import FACTS, FUNCTIONS
own = __import__("board")
names = [name for name in dir(own) if name[0] != "_"]
board = load(own.NAME)
facts = {name: getattr(board, name) for name in ["NAME"] + list(FACTS)}
print(json.dumps({"facts": facts, "own": names, "functions": all(callable(getattr(board, n)) for n in FUNCTIONS)}))
"""
USE = """
import json, sys
from arduino_cloud_board.detection import load
board = load(sys.argv[1])
for name, argument in json.loads(sys.argv[2]):
    try:
        getattr(board, name)(*argument)
    except (ValueError, NotImplementedError) as error:
        print(type(error).__name__, error)
"""


@pytest.fixture
def run_board(tmp_path):
    """`run_board(interpreter, code, name, *words)` -> the output of a program with this board.py and the stand-ins."""
    for name, text in STANDINS.items():
        (tmp_path / name).write_text(text)

    def run(interpreter, code, name, *words):
        return interpreter.run("-c", code, *words, path=[tmp_path, BOARDS / name], cwd=tmp_path, check=True).stdout

    return run


def facts_of(name):
    """Return the constants of a board.py, read without running it."""
    found = {}
    for statement in ast.parse((BOARDS / name / "board.py").read_text()).body:
        if isinstance(statement, ast.Assign):
            found[statement.targets[0].id] = ast.literal_eval(statement.value)
    return found


def usb_ids(value):
    return all(len(pair) == 2 and all(type(one) is int and 0 < one <= 0xFFFF for one in pair) for pair in value)


def test_every_board_has_its_four_files():
    for name in NAMES:
        assert FILES <= {path.name for path in (BOARDS / name).iterdir()}, name


@pytest.mark.parametrize("name", NAMES)
def test_board_py_imports_and_keeps_to_the_schema(run_board, interpreter, name):
    seen = json.loads(run_board(interpreter, FACTS, name).splitlines()[-1])
    facts = seen["facts"]
    assert seen["functions"] and facts["NAME"] == name
    functions = {"network_interface", "can_deep_sleep", "deep_sleep", "set_clock", "led"}
    assert set(seen["own"]) - functions - set(facts) == set(), "not in the schema"
    required = {"NAME", "MACHINE", "PORT", "ARCH", "NETWORK", "LED", "KEYS", "ROMFS", "WATCHDOG_MS"}
    assert required <= set(seen["own"]), "a board says these itself, also where they are None"
    assert facts["MACHINE"] and facts["PORT"] in PORTS and facts["ARCH"] in ARCHITECTURES
    assert facts["NETWORK"] in ("wifi", "ethernet", "wifi+ethernet", "ethernet+wifi", None)
    assert (facts["RADIO"] in RADIOS) == ("wifi" in (facts["NETWORK"] or ""))
    if facts["LED"] is not None:
        pin, level = facts["LED"]
        assert isinstance(pin, (str, int)) and level in (0, 1)
    assert facts["KEYS"] in ("nvs", "files", "se05x", "atecc608", "secrets")
    assert facts["SECURE_ELEMENT"] in (None, ["se05x", 0x48], ["atecc608", 0x60])
    assert type(facts["ROMFS"]) is bool
    assert usb_ids(facts["USB"]) and usb_ids(facts["USB_BOOTLOADER"])
    assert facts["WATCHDOG_MS"] is None or 1000 <= facts["WATCHDOG_MS"] <= 60000


def test_detection_knows_each_board_by_its_own_facts(cpython):
    code = "from arduino_cloud_board.detection import BOARDS; print([(b[0], b[1]) for b in BOARDS])"
    known = ast.literal_eval(cpython.run(code=code, check=True).stdout)
    assert dict(known) == {name: facts_of(name)["MACHINE"] for name in NAMES} and len(known) == len(NAMES)


def test_the_secure_chips_are_those_that_the_key_stores_look_for(cpython):
    """A board may carry a second chip, which board.py does not name."""
    code = "from arduino_cloud_board.chips.bus import _BOARDS; print({b: [c[0] for c in _BOARDS[b]] for b in _BOARDS})"
    looked_for = ast.literal_eval(cpython.run(code=code, check=True).stdout)
    promised = [facts_of(name) for name in NAMES if facts_of(name).get("SECURE_ELEMENT")]
    assert {one["MACHINE"]: one["SECURE_ELEMENT"][0] for one in promised} == {b: looked_for[b][0] for b in looked_for}


def test_a_usb_id_belongs_to_boards_of_one_kind():
    """If boards share one, they are of the same port. The board itself is then asked which it is."""
    ports = {}
    for name in NAMES:
        for pair in facts_of(name).get("USB", ()):
            ports.setdefault(pair, set()).add(facts_of(name)["PORT"])
    assert ports and all(len(found) == 1 for found in ports.values())


@pytest.mark.parametrize("name, calls, expected", [
    ("RPI_PICO_W", [("network_interface", []), ("network_interface", ["wifi"])], ["wlan 0", "wlan 0"]),
    ("ARDUINO_OPTA", [("network_interface", []), ("network_interface", ["wifi"])], ["lan", "wlan 0"]),
    ("ARDUINO_PORTENTA_H7", [("network_interface", []), ("network_interface", ["ethernet"])], ["wlan 0", "lan"]),
    ("RPI_PICO_W", [("network_interface", ["ethernet"])], ["ValueError RPI_PICO_W has wifi, no ethernet"]),
    ("UNIX", [("network_interface", ["wifi"])], ["ValueError UNIX has no network of its own, no wifi"]),
    ("RPI_PICO_W", [("led", [True]), ("led", [False])],
     ["pin LED 3 None", "level LED 1", "pin LED 3 None", "level LED 0"]),
    ("ARDUINO_GIGA", [("led", [True])], ["pin LED_GREEN 3 None", "level LED_GREEN 0"]),
    ("ESP32_GENERIC", [("led", [True])],
     ["ValueError ESP32_GENERIC: no LED is known; set LED = (pin, level that lights it)"]),
    # 2026-02-28 12:34:56, a Saturday
    ("RPI_PICO_W", [("set_clock", [1772282096])], ["rtc (2026, 2, 28, 6, 12, 34, 56, 0)"]),
    ("RPI_PICO_W", [("set_clock", [946684799]), ("set_clock", [4102444800]), ("set_clock", ["noon"])],
     ["ValueError set_clock: a Unix time from 946684800 to 4102444799 expected, not 946684799",
      "ValueError set_clock: a Unix time from 946684800 to 4102444799 expected, not 4102444800",
      "ValueError set_clock: a Unix time from 946684800 to 4102444799 expected, not 'noon'"]),
    ("ESP32_GENERIC_C3", [("deep_sleep", [1500])], ["deepsleep 1500"]),
    ("ESP32_GENERIC_C3", [("deep_sleep", [2147483648]), ("deep_sleep", [2147483647])],
     ["ValueError deep_sleep: up to 2147483647 ms expected on ESP32_GENERIC_C3, not 2147483648",
      "deepsleep 2147483647"]),
    ("RPI_PICO_W", [("deep_sleep", [4294967])],
     ["ValueError deep_sleep: up to 4294966 ms expected on RPI_PICO_W, not 4294967"]),
    ("ARDUINO_GIGA", [("deep_sleep", [131072001])],
     ["ValueError deep_sleep: up to 131072000 ms expected on ARDUINO_GIGA, not 131072001"]),
    ("ARDUINO_PORTENTA_C33", [("deep_sleep", [2001])],
     ["ValueError deep_sleep: up to 2000 ms expected on ARDUINO_PORTENTA_C33, not 2001"]),
    ("ESP32_GENERIC_C3", [("deep_sleep", [0]), ("deep_sleep", [1.5])],
     ["ValueError deep_sleep: whole milliseconds from 1 on expected, not 0",
      "ValueError deep_sleep: whole milliseconds from 1 on expected, not 1.5"]),
])  # fmt: skip
def test_a_boards_functions_ask_for_its_own_hardware(run_board, micropython, name, calls, expected):
    assert run_board(micropython(32), USE, name, name, json.dumps(calls)).splitlines() == expected


CABLE = """
NAME = "WT32"
MACHINE = "linux"
NETWORK = "ethernet"
KEYS = "secrets"
def network_interface(kind=None):
    return "the interface with its own pins"
"""
DEVICE_BY_CABLE = """
from arduino_cloud_board import Device
print(Device().link._interface)
"""


def test_a_device_takes_the_interface_of_its_board(micropython, tmp_path):
    (tmp_path / "board.py").write_text(CABLE)
    (tmp_path / "secrets.py").write_text("DEVICE_ID = 'd'\nSECRET_KEY = 's'\nCLOUD = {}\n")
    done = micropython(32).run(code=DEVICE_BY_CABLE, path=[tmp_path], cwd=tmp_path, check=True)
    assert done.stdout == "the interface with its own pins\n"


def test_a_computers_deep_sleep_ends_the_program(interpreter):
    code = "from arduino_cloud_board.detection import load; load('UNIX').deep_sleep(20); print('still here')"
    done = interpreter.run(code=code, path=[BOARDS / "UNIX"])
    assert (done.returncode, done.stdout) == (0, "")


def test_where_a_port_cannot_sleep_it_says_so(micropython):
    code = "from arduino_cloud_board.detection import load; load('QEMU_ARM').deep_sleep(20)"
    done = micropython(32).run(code=code, path=[BOARDS / "QEMU_ARM"])
    assert "NotImplementedError: QEMU_ARM has no deep sleep" in done.stderr + done.stdout


def test_where_a_program_may_not_set_the_clock_note_is_taken(micropython):
    code = (
        "from arduino_cloud_board.detection import load; from arduino_iot_cloud import port\n"
        "port.time = lambda: 1000\nload().set_clock(1772282096)\nprint(port.timestamp())"
    )
    done = micropython(32).run(code=code, path=[BOARDS / "UNIX"], check=True)
    assert done.stdout == "1772282096\n"


INSTALL = """
import mip, sys
site = sys.argv[1]
for package in ("package.json", "package-board.json"):
    mip.install("%s/%s" % (site, package), target="all", index=site)
for name in sys.argv[2:]:
    mip.install("%s/boards/%s/package.json" % (site, name), target="only/" + name, index=site)
"""
DEVICE = """
import board, sys
from arduino_cloud_board.detection import load
from arduino_iot_cloud import ArduinoCloudClient
print(board.__file__, load().NAME, ArduinoCloudClient("d", username="d", password="p"))
"""


def test_mip_installs_every_board(micropython, tmp_path):
    machine = micropython(32)
    script = tmp_path / "install.py"
    script.write_text(INSTALL)
    with serving(ROOT, Completing) as site:
        done = machine.run(script, site, *NAMES, env={"MICROPYPATH": ".frozen"}, cwd=tmp_path, check=True)
    assert done.stdout.count("Done") == len(NAMES) + 2, done.stdout
    for name in NAMES:
        installed = [path for path in (tmp_path / "only" / name).rglob("*") if path.is_file()]
        assert [path.name for path in installed] == ["board.py"]
        assert installed[0].read_bytes() == (BOARDS / name / "board.py").read_bytes()
    for package in ("package.json", "package-board.json"):
        for name, address in json.loads((ROOT / package).read_text())["urls"]:
            assert (tmp_path / "all" / name).read_bytes() == (ROOT / address).read_bytes()
    path = "%s:%s:.frozen" % (tmp_path / "only" / "UNIX", tmp_path / "all")
    done = machine.run(code=DEVICE, env={"MICROPYPATH": path}, cwd=tmp_path, check=True)
    assert done.stdout.startswith("%s/only/UNIX/board.py UNIX <" % tmp_path), done.stdout


class Folder:
    """The part of a board that mpremote's mip needs: a file system, here in a folder."""

    def fs_exists(self, path):
        return Path(path).exists()

    def fs_mkdir(self, path):
        Path(path).mkdir()

    def fs_writefile(self, path, data, progress_callback=None):
        Path(path).write_bytes(data)


def test_mpremote_installs_a_board_from_the_checkout(micropython, tmp_path):
    packages = ("package.json", "package-board.json", "boards/UNIX/package.json")
    with contextlib.chdir(ROOT):
        for package in packages:
            mpremote.mip._install_package(Folder(), package, "no index", str(tmp_path), None, True)
    listed = [name for package in packages for name, _ in json.loads((ROOT / package).read_text())["urls"]]
    found = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(found) == sorted(listed)
    path = {"MICROPYPATH": "%s:.frozen" % tmp_path}
    done = micropython(32).run(code=DEVICE, env=path, cwd=tmp_path, check=True)
    assert done.stdout.startswith("board.py UNIX <"), done.stdout


def test_the_boards_package_lists_all_of_it():
    listed = {name for name, _ in json.loads((ROOT / "package-board.json").read_text())["urls"]}
    modules = {path.relative_to(LIB).as_posix() for path in (LIB / "arduino_cloud_board").rglob("*.py")}
    assert listed == modules, "run tools/packages"


def test_all_packages_have_the_clients_version(cpython):
    version = cpython.run(code="import arduino_iot_cloud as a; print(a.__version__)", check=True).stdout.strip()
    packages = [ROOT / "package-board.json"] + [BOARDS / name / "package.json" for name in NAMES]
    assert {json.loads(path.read_text())["version"] for path in packages} == {version}


@pytest.mark.parametrize("name", NAMES)
def test_readme_agrees_with_board_py(name):
    facts, text = facts_of(name), (BOARDS / name / "README.md").read_text()
    assert text.startswith("# ") and "../../docs/boards.md" in text
    assert "[%s](../boards/%s/README.md)" % (name, name) in (ROOT / "docs" / "boards.md").read_text()
    assert "](%s/README.md)" % name in (BOARDS / "README.md").read_text()
    rows = dict(re.findall(r"^\| ([^|]+?) \| (.+) \|$", text, re.M))
    assert ("on" if facts["ROMFS"] else "off") == rows["ROMFS"].split(":")[0]
    limit = facts["WATCHDOG_MS"]
    assert rows["Watchdog"].startswith("%d ms" % limit if limit else "none")
    assert rows["Keys"].split(":")[0] == "`%s`" % facts["KEYS"]
    if facts["LED"]:
        assert "`%s`" % facts["LED"][0] in rows["LED"]
    else:
        assert rows["LED"].startswith("none known")
    if facts["PORT"] not in ("unix", "qemu"):
        assert "has not been run on a real board" in text
        assert "./tools/provision" in text
        assert "mpremote mip install package.json package-board.json boards/%s/package.json" % name in text
        for vendor, product in facts.get("USB_BOOTLOADER", ()):
            assert re.search("%04x:(0x)?%04x" % (vendor, product), text)


def test_every_name_of_board_py_is_explained():
    page = (ROOT / "docs" / "boards.md").read_text()
    for name in NAMES:
        for fact in facts_of(name):
            assert "`%s`" % fact in page


@pytest.mark.parametrize("name", NAMES + [""])
def test_links_lead_somewhere(name):
    folder = BOARDS / name
    for target, place in re.findall(r"\]\((?!https?:)([^)#\s]+)(#[^)]*)?\)", (folder / "README.md").read_text()):
        page = folder / target
        assert page.exists(), target
        heads = re.findall(r"^#+ (.*)$", page.read_text(), re.M) if place else []
        anchors = {"#" + re.sub(r"[^\w\- ]", "", head).lower().replace(" ", "-") for head in heads}
        assert not place or place in anchors, place
