"""Whatever interrupts a provisioning, and whenever, the next run finishes it with the same device."""

import asyncio
import json
import random
import signal
import stat
import subprocess

import pytest
from link_rig import files_on, give_radio_and_nvs, run_on
from provisioning.steps import made_up_name
from toolchain.paths import ROOT, VENV_PYTHON

SEED = 20261124
STORES = {"files": "Raspberry Pi Pico W with RP2040", "nvs": "Generic ESP32 module with ESP32"}


def test_dead_after_any_change_the_next_run_finishes(plug, provision, cloud, unique):
    board = plug(installed=True)
    moments = provision.crash(board, "--thing", unique, "--no-check")
    for change in "devices.create things.create properties.create devices.pass_set".split():
        assert change in moments
    assert "putting /main.py" in moments and "putting /secrets.py" in moments
    finishes(provision, board, cloud, unique)


def test_dead_anywhere_on_the_way_to_a_certificate_the_next_run_finishes(plug, provision, cloud, unique):
    board = plug(installed=True)
    provision.run(board, "--thing", unique, "--no-check")  # with a secret, which will be removed
    moments = provision.crash(board, "--no-check", "--certificate")
    assert {"key_in_file", "devices.certs_create", "devices.pass_delete"} <= set(moments)
    device_id = provision.journal()["device_id"]
    assert len(cloud.certificates(device_id)) == 1
    # Each run makes another key, so some certificates have been issued that no board has ever presented.
    moments = provision.crash(board, "--no-check", "--certificate", "--new-secret")
    assert {"key_in_file", "devices.certs_create", "devices.certs_delete"} <= set(moments)
    finishes(provision, board, cloud, unique, "--certificate")
    assert len(cloud.certificates(device_id)) == 1


@pytest.fixture
def with_store(plug, tmp_path):
    """`with_store(kind)` -> a board that keeps its settings in a store of that kind, and the arguments for it."""

    def make(kind):
        board = plug(installed=True, machine=STORES[kind])
        give_radio_and_nvs(board)
        password = tmp_path / "password"
        password.write_text("long enough\n")
        return board, ("--server", "127.0.0.1", "--wifi", "the workshop", "--wifi-password-file", password)

    return make


@pytest.mark.parametrize("kind, given", [("files", ("--certificate",)), ("nvs", ())])
def test_dead_after_any_change_of_a_boards_store_the_next_run_finishes(
    kind, given, with_store, provision, cloud, unique
):
    board, arguments = with_store(kind)
    moments = set(provision.crash(board, "--no-check", *given, *arguments))
    assert {"putting /lib/board.py", "putting /main.py", "store_device", "store_networks"} <= moments
    assert ({"key_in_store", "devices.certs_create"} if given else {"devices.pass_set"}) <= moments
    finishes(provision, board, cloud, unique, *given, *arguments)
    assert len(cloud.certificates(provision.journal()["device_id"])) == len(given)


def test_dead_while_the_romfs_partition_is_written_the_next_run_finishes(plug, provision):
    board = plug(installed=True, romfs_kb=256)
    # Half a file of an earlier run. Its folder would stay and come before ROMFS.
    files_on(board, write={"/lib/arduino_iot_cloud/sync.mpy.new": b"M"})
    moments = provision.crash(board, "--no-device", "--romfs")
    assert moments[-3:] == ["rom_write", "the whole image", "remove"]
    assert not [path for path in files_on(board, packages=True) if path.startswith("/lib/arduino_")]
    assert run_on(board, "import arduino_cloud_board as its; print(its.__file__)").startswith("/rom/lib/")


def test_killed_at_any_moment_the_next_run_finishes(plug, provision, cloud, unique):
    chance = random.Random(SEED)
    board = plug()
    for _ in range(2):
        before = board.received
        process = provision.start(board, "--thing", unique, "--no-check")
        board.wait_received(before + int(chance.uniform(20_000, 60_000)))  # of 190,000 bytes for the whole package
        assert process.returncode is None and board.heard.find(b"begin('/lib/", before) > 0
        process.kill()
    assert [path for path in files_on(board, packages=True) if path.startswith("/lib/arduino_")]
    finishes(provision, board, cloud, unique)


def finishes(provision, board, cloud, unique, *arguments):
    """Provision it completely. There is one device then, and its credentials work."""
    told = provision.told(board, "--thing", unique, *arguments)
    assert "online, a value arrived" in told["steps"]["check"]["text"]
    named = [each for each in cloud.look("devices") if each["name"] == told["device_name"]]
    assert [each["id"] for each in named] == [told["device_id"]]
    assert len([each for each in cloud.look("things") if each["name"] == unique]) == 1
    assert not [path for path in files_on(board, packages=True) if path.endswith(".new")]


def test_a_cable_pulled_anywhere_harms_nothing(plug, provision, cloud):
    chance = random.Random(SEED)
    board = plug()
    for most in (30_000, 50_000, 70_000):  # bytes; the whole package takes 190,000
        board.cut_after = board.received + int(most * chance.uniform(0.5, 1.0))
        done = provision.start(board, "--no-check").wait(60)
        assert done.returncode == 3 and "the port has vanished: the board was unplugged" in done.stderr, done
        board.wait_cut()
        board.cut_after = None
        board.plug_in()
    provision.run(board, "--no-check")
    name = provision.journal()["device_name"]
    assert len([each for each in cloud.look("devices") if each["name"] == name]) == 1


def test_half_a_file_of_an_interrupted_run_goes_with_other_options_too(plug, provision):
    board = plug(installed=True)
    board.cut_at = b"take('"  # at the first missing file
    assert provision.start(board, "--no-device", "--with", "api").wait(60).returncode == 3
    board.wait_cut()
    board.cut_at = None
    board.plug_in()
    assert [path for path in files_on(board, packages=True) if path.endswith(".new")]
    assert "1 older ones removed" in provision.told(board, "--no-device")["steps"]["package"]["text"]
    assert not [path for path in files_on(board, packages=True) if path.endswith(".new")]


# What goes to the board in each step, in the steps' order
STEPS = (
    b"end('/lib/board.py.new'",
    b"begin('/main.py.new')",
    b"store.create_key(",
    b"settings.set_device(",
    b"settings.add_network(",
    b"running = asyncio.create_task(",
)


def test_a_cable_pulled_in_any_step_harms_nothing(with_store, provision, cloud, unique):
    board, arguments = with_store("files")
    for step in STEPS:
        board.cut_at = step
        done = provision.start(board, "--certificate", "--thing", unique, *arguments).wait(60)
        assert done.returncode in (1, 3) and "the port has vanished: the board was unplugged" in done.stderr, (step, done)
        board.wait_cut()
        board.cut_at = None
        board.plug_in()
    finishes(provision, board, cloud, unique, "--certificate", *arguments)
    assert len(cloud.certificates(provision.journal()["device_id"])) == 1


def test_an_answer_that_never_came_makes_no_second_device(plug, provision, cloud, unique):
    # As if the run had ended after the cloud made the device and before its answer came
    board = plug(installed=True)
    provision.run(board, "--no-check", "--name", unique)
    (path,) = provision.journals.glob("*.json")
    journal = provision.journal()
    path.write_text(json.dumps({"device_name": unique}))
    told = provision.told(board, "--no-check", "--name", unique)
    assert told["device_id"] == journal["device_id"]
    assert len([each for each in cloud.look("devices") if each["name"] == unique]) == 1


def test_a_device_of_somebody_else_is_not_taken(plug, provision, cloud, unique):
    cloud.look("create_device", unique)
    done = provision.run(plug(installed=True), "--no-check", "--name", unique, code=3)
    assert unique in done.stderr and "--device" in done.stderr


def test_a_board_whose_flash_was_erased_becomes_the_same_device_again(plug, provision, cloud, unique):
    board = plug(installed=True, unique_id="00aa")
    first = provision.told(board, "--no-check")
    board.stop()
    again = plug(installed=True, unique_id="00aa")
    told = provision.told(again, "--thing", unique)
    assert told["device_id"] == first["device_id"]
    assert not told["steps"]["secret"]["changed"] and "online" in told["steps"]["check"]["text"]


def test_ctrl_c_ends_it_with_a_line_in_the_middle_of_a_copy_too(plug, provision, cloud):
    board = plug()
    process = provision.start(board)
    process.wait_for("^board ", 20)
    process.signal(signal.SIGINT)
    done = process.wait(20)
    assert done.returncode == 130 and "interrupted" in done.stderr and "Traceback" not in done.stderr
    # The last file has not been copied.
    assert "/lib/arduino_iot_cloud/__init__.mpy" not in files_on(board, packages=True)


def test_a_program_that_was_being_replaced_is_still_ones_own(plug, provision, cloud, tmp_path):
    board = plug(installed=True)
    program = tmp_path / "program.py"
    program.write_text("print(1)\n")
    provision.run(board, "--no-check", "--main", program)
    program.write_text("print(2)\n")
    assert "putting /main.py" in provision.crash(board, "--no-check", "--main", program)
    assert files_on(board)["/main.py"] == program.read_bytes()


def test_a_program_that_runs_is_put_aside_by_mpremote(plug):
    board = plug()
    files_on(board, write={"/main.py": b"import time\nwhile True:\n    time.sleep(1)\n"})
    board.pull_out()
    board.plug_in()
    put_aside = "import os; os.rename('main.py', 'main_aside.py')"  # as in docs/provisioning.md
    assert put_aside in (ROOT / "docs" / "provisioning.md").read_text("utf-8")
    mpremote = VENV_PYTHON.with_name("mpremote")
    subprocess.run([mpremote, "connect", board.port, "exec", put_aside], check=True, timeout=30)
    assert set(files_on(board)) == {"/main_aside.py"}


def test_a_board_without_a_number_of_its_own_is_known_again(plug, provision, cloud, unique):
    board = plug(installed=True, unique_id="")
    first = provision.told(board, "--no-check")
    again = provision.told(board, "--no-check", "--thing", unique)
    assert again["device_id"] == first["device_id"] and again["device_name"] == first["device_name"]
    assert first["device_name"] == made_up_name("UNIX", files_on(board)["/provisioning_id"].decode())


def test_two_boards_of_one_lot_have_names_of_their_own():
    lot = "343135343337333037"  # part of an STM32's number, which has: place on the wafer, wafer, lot
    assert len({made_up_name("ARDUINO_GIGA", "00%02x0028" % n + lot) for n in range(30)}) == 30


def test_the_notes_on_a_board_are_for_their_owner_alone(plug, provision, cloud):
    provision.run(plug(installed=True), "--no-check")
    (path,) = provision.journals.glob("*.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(provision.journals.stat().st_mode) == 0o700


@pytest.mark.parametrize("given", [(), ("--new-secret",)])
def test_a_secret_that_the_cloud_does_not_know_any_more_is_told_and_mended(given, plug, provision, cloud):
    board = plug(installed=True)
    first = provision.told(board, "--no-check")
    asyncio.run(_another_secret(cloud, first["device_id"]))
    if given:
        assert "online" in provision.told(board, *given)["steps"]["check"]["text"]
    else:
        done = provision.run(board, "--check-seconds", "1", code=1)
        assert "did not connect" in done.stderr and "--new-secret" in done.stderr


async def _another_secret(cloud, device_id):
    from arduino_cloud_api import CloudAPI

    api = CloudAPI(cloud.api_key_id, cloud.api_key_secret, base_url=cloud.http, token_url=cloud.token_url)
    async with api:
        await api.devices.pass_set(device_id, {"password": "another one that is long enough"})
