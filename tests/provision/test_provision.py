"""An empty board becomes a device of a cloud. mpremote, MicroPython with a littlefs, TLS and the cloud are real."""

import ast
import hashlib
import os
import pty
import re
import subprocess
import time

import pytest
from link_rig import files_on, run_on
from provisioning import payload
from toolchain.mpy import compile_file, version
from toolchain.paths import LIB, ROOT

PACKAGES = ("arduino_iot_cloud", "arduino_cloud_board")


def test_an_empty_board_is_a_running_device_afterwards(plug, provision, cloud, tmp_path, unique):
    board = plug()
    done = provision.run(board, "--thing", unique, "--name", unique)
    assert "online, a value arrived" in done.stdout

    device = next(each for each in cloud.look("devices") if each["name"] == unique)
    thing = next(each for each in cloud.look("things") if each["name"] == unique)
    assert device["thing_id"] == thing["id"]
    # Its own program runs now: it gets the lamp's value and acknowledges it, and it reports values.
    wait_until(lambda: cloud.look("device", device["id"])["online"])

    secret = provision.journal()["secret"]
    assert secret not in done.stdout + done.stderr
    files = files_on(board, packages=True)
    assert ast.literal_eval(files["/secrets.py"].split(b"SECRET_KEY = ")[1].split(b"\n")[0].decode()) == secret
    assert files["/cloud_root.der"] == open(cloud.ca_der_file, "rb").read()
    assert files["/lib/board.py"] == (ROOT / "boards" / "UNIX" / "board.py").read_bytes()
    assert not [path for path in files if path.endswith(".new")]
    for path, data in compiled(tmp_path).items():
        assert files.pop("/lib/" + path) == data, path
    assert not [path for path in files if path.startswith("/lib/arduino_")]


def compiled(folder):
    """Return both packages, compiled one file at a time: {path below lib: content}."""
    found = {}
    for package in PACKAGES:
        for path in sorted((LIB / package).rglob("*")):
            relative = path.relative_to(LIB)
            if relative.as_posix() in LISTED and path.suffix == ".py":
                target = (folder / relative).with_suffix(".mpy")
                compile_file(path, target)
                found[relative.with_suffix(".mpy").as_posix()] = target.read_bytes()
            elif path.suffix == ".der":
                found[relative.as_posix()] = path.read_bytes()
    return found


def _listed():
    import json

    urls = [url for name in ("package.json", "package-board.json") for url in json.loads((ROOT / name).read_text())["urls"]]
    return {target for target, _ in urls}


LISTED = _listed()


def wait_until(true, timeout=15):
    """Ask until it is true."""
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, "not within %s s" % timeout
        time.sleep(0.1)


def settled(cloud):
    """Return the cloud's devices, once those of earlier tests are known to be offline."""
    wait_until(lambda: not any(each["online"] for each in cloud.look("devices")))
    return cloud.look("devices")


def test_a_second_run_changes_nothing(plug, provision, cloud, unique):
    board = plug(installed=True)
    arguments = ("--thing", unique, "--no-check")
    provision.run(board, *arguments)
    board.settle()
    flash, journal, devices = board.flash.read_bytes(), provision.journal(), cloud.look("devices")
    told = provision.told(board, *arguments)
    assert [name for name, each in told["steps"].items() if each["changed"]] == []
    board.settle()
    assert board.flash.read_bytes() == flash
    assert provision.journal() == journal
    assert [each["id"] for each in cloud.look("devices")] == [each["id"] for each in devices]


def test_a_dry_run_tells_each_step_and_changes_nothing(plug, provision, cloud, unique):
    board = plug()
    flash, devices = hashlib.sha256(board.flash.read_bytes()).digest(), settled(cloud)
    steps = provision.told(board, "--thing", unique, "--dry-run")["steps"]
    assert list(steps) == "board package board.py main.py device thing secret credentials clock check".split()
    assert all("would be" in each["text"] for name, each in steps.items() if name != "board")
    board.settle()
    assert hashlib.sha256(board.flash.read_bytes()).digest() == flash
    assert cloud.look("devices") == devices
    assert not provision.journals.exists()


def test_what_is_changed_on_the_board_is_put_right_and_what_shadows_it_is_removed(plug, provision, cloud):
    board = plug(installed=True)
    files_on(board, write={"/lib/arduino_iot_cloud/cbor.mpy": b"M\x06", "/lib/arduino_iot_cloud/senml.py": b"1/0"})
    text = provision.told(board, "--no-device")["steps"]["package"]["text"]
    assert text.startswith("1 of ") and "1 older ones removed" in text
    files = files_on(board, packages=True)
    assert "/lib/arduino_iot_cloud/senml.py" not in files and len(files["/lib/arduino_iot_cloud/cbor.mpy"]) > 100


# Changes the first byte of each file of the package, and fills the rest of the flash except for 80 KB.
SPOIL_AND_FILL = """
import os
def spoil(folder):
    for entry in os.ilistdir(folder):
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            spoil(path)
        else:
            with open(path, "r+b") as file:
                file.write(b"x")
spoil("/lib/arduino_iot_cloud")
spoil("/lib/arduino_cloud_board")
space = os.statvfs("/")
with open("filler", "wb") as file:
    for _ in range(space[3] - 20):
        file.write(bytes(4096))
"""


def test_a_package_that_fits_only_in_place_of_the_old_one_is_copied(plug, provision, cloud):
    board = plug(installed=True)
    run_on(board, SPOIL_AND_FILL)
    text = provision.told(board, "--no-device")["steps"]["package"]["text"]
    count = len(payload.package((), version().bytecode).files)
    assert text.startswith("%d of %d files, 1" % (count, count))


def test_somebodys_program_is_left_alone_unless_told(plug, provision, cloud, tmp_path):
    board = plug(installed=True)
    own = b"print('mine')\n"
    files_on(board, write={"/main.py": own})
    provision.run(board, "--no-check")
    assert files_on(board)["/main.py"] == own
    program = tmp_path / "program.py"
    program.write_text("print('new')\n")
    refused = provision.run(board, "--no-check", "--main", program, code=1)
    assert "--replace-main" in refused.stderr
    assert files_on(board)["/main.py"] == own
    provision.run(board, "--no-check", "--main", program, "--replace-main")
    assert files_on(board)["/main.py"] == program.read_bytes()
    # The program now comes from this tool.
    program.write_text("print('newer')\n")
    provision.run(board, "--no-check", "--main", program)
    assert files_on(board)["/main.py"] == program.read_bytes()


def test_names_of_others_in_secrets_py_stay(plug, provision, cloud):
    board = plug(installed=True)
    files_on(board, write={"/secrets.py": b"# mine\nTOKEN = 'x'\nSECRET_KEY = (\n    'old'\n)\nCOLOUR = 7\n"})
    provision.run(board, "--no-check")
    lines = files_on(board)["/secrets.py"].decode().splitlines()
    secret = "SECRET_KEY = %r" % provision.journal()["secret"]
    assert lines[:4] == ["# mine", "TOKEN = 'x'", secret, "COLOUR = 7"]


def test_the_package_goes_into_a_romfs_partition_and_runs_from_there(plug, provision, cloud, unique):
    board = plug(installed=True, romfs_kb=256)
    steps = provision.told(board, "--romfs", "--thing", unique)["steps"]
    assert "ROMFS image" in steps["package"]["text"]
    assert "online, a value arrived" in steps["check"]["text"]
    assert not [path for path in files_on(board, packages=True) if path.startswith("/lib/arduino_")]
    told = provision.told(board, "--romfs", "--no-check")["steps"]
    assert [name for name, each in told.items() if each["changed"]] == []


def test_without_a_device_program_and_network_get_onto_the_board_too(plug, provision, tmp_path):
    board = plug(installed=True, machine="Raspberry Pi Pico W with RP2040")
    program = tmp_path / "program.py"
    program.write_text("print('mine')\n")
    arguments = ("--no-device", "--main", program, "--wifi", "the workshop")
    env = {"ARDUINO_WIFI_PASSWORD": "long enough"}
    assert "into files" in provision.run(board, *arguments, env=env).stdout
    files = files_on(board)
    assert files["/main.py"] == program.read_bytes()
    assert b'"the workshop"' in files["/keys/networks.key"]
    told = provision.told(board, *arguments, env=env)["steps"]
    assert [name for name, each in told.items() if each["changed"]] == []


def test_the_boards_program_runs_again_after_a_dry_run_and_after_a_failure(plug, provision, cloud):
    board = plug(installed=True)
    files_on(board, write={"/main.py": b"print('up and running')\n"})
    for arguments, code in (("--dry-run",), 0), (("--device", "there is none"), 1):
        board.said.clear()
        provision.run(board, *arguments, code=code)
        wait_until(lambda: b"up and running" in board.said)


def test_a_terminal_shows_how_far_the_copying_is(plug):
    terminal, its = pty.openpty()
    board = plug()
    command = [ROOT / "tools" / "provision", "--no-device", "--port", board.port]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=its, env={**os.environ, "TERM": "xterm"})
    os.close(its)
    shown = b""
    try:
        while data := os.read(terminal, 4096):
            shown += data
    except OSError:  # the pseudo-terminal was closed
        pass
    os.close(terminal)
    assert child.wait(30) == 0
    percents = {int(each) for each in re.findall(rb"(\d+)%", shown)}
    assert b"copying" in shown and len(percents) > 5, shown


def test_without_a_romfs_partition_it_says_so(plug, provision):
    done = provision.run(plug(installed=True), "--romfs", "--no-device", code=1)
    assert "no ROMFS partition" in done.stderr


def test_an_unknown_board_is_refused_before_anything_is_changed(plug, provision, cloud):
    board = plug(machine="Breadboard of Otto with Z80")
    flash, devices = board.flash.read_bytes(), settled(cloud)
    done = provision.run(board, "--no-check", code=1)
    assert "Breadboard of Otto with Z80" in done.stderr and "--board" in done.stderr
    board.settle()
    assert board.flash.read_bytes() == flash and cloud.look("devices") == devices


def test_a_board_that_is_named_goes_before_what_it_says(plug, provision):
    board = plug(installed=True, machine="Breadboard of Otto with Z80")
    provision.run(board, "--no-device", "--board", "UNIX")
    assert files_on(board)["/board_name"] == b"UNIX\n"
    told = provision.told(board, "--no-device")
    assert [name for name, each in told["steps"].items() if each["changed"]] == []


def test_a_board_that_cannot_reach_the_cloud_is_told_before_anything_is_changed(plug, provision, cloud):
    board = plug(machine="Raspberry Pi Pico W with RP2040")
    done = provision.run(board, code=2)
    assert "--address 0.0.0.0" in done.stderr
    assert not [path for path in files_on(board, packages=True) if path.startswith("/lib/arduino_")]


@pytest.mark.parametrize("arguments", [("--no-device", "--thing", "x"), ("--board", "NONE"), ("--name", "a/b")])
def test_a_wrong_command_line_is_told(arguments, plug, provision):
    board = plug(installed=True)
    done = provision.run(board, *arguments, code=2)
    assert done.stderr and "Traceback" not in done.stderr


def test_a_full_board_is_told_and_half_a_file_is_not_left(plug, provision, cloud):
    board, devices = plug(blocks=50), settled(cloud)
    done = provision.run(board, code=3)
    assert "full" in done.stderr or "free" in done.stderr
    files = files_on(board, packages=True)
    assert files and not [path for path in files if path.endswith(".new")]
    assert cloud.look("devices") == devices


def test_a_port_where_nobody_answers_is_told(provision, tmp_path):
    class Nobody:
        port = str(tmp_path / "nothing")

    done = provision.run(Nobody, code=1)
    assert "cannot open" in done.stderr and "Traceback" not in done.stderr


def test_the_command_line_has_help_and_examples():
    done = subprocess.run([ROOT / "tools" / "provision", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "examples:" in done.stdout


def test_a_board_becomes_a_device_that_is_there(plug, provision, cloud, unique):
    device = cloud.look("create_device", unique)
    board = plug(installed=True)
    provision.run(board, "--no-check")
    told = provision.told(board, "--device", unique)
    assert told["device_id"] == device["id"] == provision.journal()["device_id"]
    assert told["steps"]["secret"]["changed"] and "online" in told["steps"]["check"]["text"]
    again = provision.told(board, "--device", unique, "--no-check")["steps"]
    assert [name for name, each in again.items() if each["changed"]] == []


PROJECT = """
things:
  - name: {name}
    device: {name}
    properties:
      - {{name: uptime, type: INT, permission: READ_ONLY}}
"""


def test_a_project_file_is_carried_out_for_it(plug, provision, cloud, unique, tmp_path):
    board = plug(installed=True)
    project = tmp_path / "project.yaml"
    project.write_text(PROJECT.format(name=unique))
    arguments = ("--name", unique, "--project", project)
    provision.run(board, *arguments, "--dry-run")
    done = provision.run(board, *arguments)
    assert "online, a value arrived" in done.stdout, done
    (thing,) = (each for each in cloud.look("things") if each["name"] == unique)
    assert thing["device_id"] == provision.journal()["device_id"]
