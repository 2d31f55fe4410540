"""`--keys chip`: the board's secure chip makes the private key, and keeps it and the certificate."""

import ast
import base64
import contextlib

import pytest
from arduino_cloud_board.keys.csr import public_key_of
from arduino_cloud_board.keys.p256 import public_point
from link_rig import files_on, give_radio_and_nvs, run_on
from localcloud.cli.exits import CommandError
from provisioning import boards
from toolchain.paths import ROOT

NICLA = "Arduino Nicla Vision with STM32H747"
STORAGE_RIG = b"""
class Supply:
    def take(self):
        pass
"""
ARGUMENTS = """
from arduino_cloud_board.detection import load
from arduino_cloud_board.settings import open
print(open(load()).client_arguments())
"""
NO_CHIP = b"""
class Pin:
    OUT = 1
    def __init__(self, name, mode):
        raise OSError(19)
"""
GIVEN = ("--server", "127.0.0.1", "--no-check", "--certificate")
KEY, CERTIFICATE = 0x64, 0x65  # as in docs/keys.md


@pytest.fixture
def nicla(plug):
    """A board that calls itself a Nicla Vision, with a simulated SE05x on its bus."""
    board = plug(installed=True, machine=NICLA)
    give_radio_and_nvs(board)
    portable = ROOT / "tests" / "support" / "portable"
    files = {name: (portable / name).read_bytes() for name in ("se05x_chip.py", "chip_rig.py")}
    files["board_bus.py"] = (ROOT / "tests" / "provision" / "board_bus.py").read_bytes()
    files["storage_rig.py"] = STORAGE_RIG
    files_on(board, write={"/lib/" + name: data for name, data in files.items()})
    return board


def test_the_key_is_made_in_the_chip_and_stays_there(nicla, provision, cloud):
    provision.run(nicla, *GIVEN)
    assert "/keys/key.key" in files_on(nicla)  # readable, and soon to go
    steps = provision.told(nicla, *GIVEN, "--keys", "chip")["steps"]
    assert steps["key"]["text"] == "made in se05x"
    files = files_on(nicla)
    assert b'KEYS = "se05x"' in files["/lib/board.py"]
    objects = ast.literal_eval(files["/chip_objects"].decode())
    (listed,) = cloud.certificates(provision.journal()["device_id"])
    certificate = base64.b64decode(listed["der"])
    assert objects[CERTIFICATE].startswith(certificate)
    assert public_key_of(certificate) == public_point(objects[KEY][0])
    assert not {"/keys/key.key", "/keys/certificate.key"} & set(files)
    params = ast.literal_eval(run_on(nicla, ARGUMENTS))["ssl_params"]
    assert (params["keyfile"], params["certfile"]) == ("se05x:#key", "se05x:#certificate")
    # The board remembers this, so --keys need not be given again.
    told = provision.told(nicla, *GIVEN)["steps"]
    assert [name for name, each in told.items() if each["changed"]] == []
    assert provision.told(nicla, *GIVEN, "--keys", "files")["steps"]["key"]["text"] == "made in files"


def test_a_board_that_cannot_use_a_key_in_a_chip_is_told(plug, provision, cloud):
    board = plug(machine="Arduino Nano RP2040 Connect with RP2040")
    done = provision.run(board, *GIVEN, "--keys", "chip", code=2)
    assert "--keys" in done.stderr and "atecc608" in done.stderr
    assert not files_on(board, packages=True)


def test_only_a_chip_whose_key_tls_can_use_is_taken():
    taken = set()
    for name in boards.names():
        with contextlib.suppress(CommandError):
            boards.check_chip(name)
            taken.add(name)
    assert taken == {"ARDUINO_NICLA_VISION", "ARDUINO_PORTENTA_H7"}


def test_a_chip_that_does_not_answer_is_told_before_the_board_relies_on_it(plug, provision, cloud):
    board = plug(installed=True, machine=NICLA)
    files_on(board, write={"/lib/board_bus.py": NO_CHIP})
    done = provision.run(board, *GIVEN, "--keys", "chip", code=1)
    assert "OSError" in done.stderr
    assert b"se05x" not in files_on(board)["/lib/board.py"]


def test_a_secret_is_not_kept_in_a_chip(nicla, provision, cloud):
    assert "--certificate" in provision.run(nicla, "--keys", "chip", code=2).stderr
