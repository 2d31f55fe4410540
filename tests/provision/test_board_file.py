"""The board.py on a board: the owner's stays and counts, and this package's own is kept up to date."""

import hashlib
import json

import pytest
from link_rig import files_on
from localcloud.cli.exits import CommandError
from provisioning import payload
from provisioning.board_file import BoardFile
from toolchain.paths import ROOT

OTTO = "Breadboard of Otto with Z80"
OWN = b"""'''My own board.'''
NAME = "OTTOS_BOARD"
MACHINE = "Breadboard of Otto"
NETWORK = "wifi"
KEYS = "files"
"""
PICO = "Raspberry Pi Pico W with RP2040"
SHIPPED = (ROOT / "boards" / "RPI_PICO_W" / "board.py").read_bytes()
WIFI = {"ARDUINO_WIFI_PASSWORD": "long enough"}


def board_py(board, path="/lib/board.py"):
    """Return the board.py on the board."""
    return files_on(board).get(path)


def test_a_board_of_ones_own_is_provisioned_by_its_board_py(plug, provision, cloud):
    board = plug(installed=True, machine=OTTO)
    files_on(board, write={"/board.py": OWN})
    arguments = ("--server", "127.0.0.1", "--no-check", "--wifi", "the workshop")
    done = provision.run(board, *arguments, env=WIFI)
    assert "OTTOS_BOARD" in done.stdout and "left alone" in done.stdout
    files = files_on(board)
    assert files["/board.py"] == OWN and "/board_name" not in files
    assert b'"the workshop"' in files["/keys/networks.key"] and "/keys/device_id.key" in files
    again = provision.told(board, *arguments, env=WIFI)["steps"]
    assert [name for name, each in again.items() if each["changed"]] == []


def test_a_changed_board_py_is_left_alone_unless_told(plug, provision):
    board = plug(installed=True, machine=PICO)
    changed = SHIPPED.replace(b'KEYS = "files"', b'KEYS = "secrets"')
    assert changed != SHIPPED
    files_on(board, write={"/lib/board.py": changed})
    done = provision.run(board, "--no-device", "--wifi", "the workshop", env=WIFI)
    assert "left alone" in done.stdout and "secrets.py written" in done.stdout
    assert board_py(board) == changed
    assert provision.told(board, "--no-device", "--replace-board")["steps"]["board.py"]["changed"]
    assert board_py(board) == SHIPPED


def test_a_board_py_that_is_not_for_the_board_is_refused_before_anything_is_changed(plug, provision):
    board = plug(machine=PICO)
    files_on(board, write={"/lib/board.py": OWN})
    done = provision.run(board, "--no-device", code=1)
    assert "/lib/board.py" in done.stderr and "--replace-board" in done.stderr
    assert set(files_on(board, packages=True)) == {"/lib/board.py"} and board_py(board) == OWN


@pytest.mark.parametrize(
    "content, name",
    [(OWN, None), (OWN, "RPI_PICO_W"), (b"def no_python(", None), (b"PINS = 3\n", None), (b"\xff", None)],
)
def test_what_is_no_board_py_for_the_board_is_none(content, name):
    with pytest.raises(CommandError, match="--replace-board"):
        BoardFile("/lib/board.py", content).checked(name, PICO)


@pytest.mark.parametrize(
    "content, words", [(b"A = 1\ndef no_python(", "line 2"), (b"PINS = 3\n", "without NAME"), (b"A\0", "line 1")]
)
def test_why_a_board_py_is_none_is_told(content, words):
    with pytest.raises(CommandError, match=words):
        BoardFile("/lib/board.py", content).checked(None, PICO)


def test_a_board_py_with_an_old_comment_is_one():
    assert BoardFile("/lib/board.py", b"# caf\xe9\n" + OWN).checked(None, OTTO)["NAME"] == "OTTOS_BOARD"


@pytest.mark.parametrize("name, machine", [(None, OTTO), (None, "Breadboard of Otto"), ("OTTOS_BOARD", PICO)])
def test_a_board_py_is_for_the_board_by_its_machine_or_by_the_name_that_is_given(name, machine):
    assert BoardFile("/lib/board.py", OWN).checked(name, machine)["KEYS"] == "files"


def test_a_board_py_that_came_from_here_is_brought_up_to_date(plug, provision, cloud):
    board = plug(installed=True)
    provision.run(board, "--no-check")
    (path,) = provision.journals.glob("*.json")
    older = payload.board_file("UNIX") + b"# as it was in an older version\n"
    files_on(board, write={"/lib/board.py": older})
    assert not provision.told(board, "--no-check")["steps"]["board.py"]["changed"]
    notes = {**provision.journal(), "board": [hashlib.sha256(older).hexdigest()]}
    path.write_text(json.dumps(notes))
    assert provision.told(board, "--no-check")["steps"]["board.py"]["changed"]
    assert board_py(board) == payload.board_file("UNIX")
    assert provision.journal()["board"] == [hashlib.sha256(payload.board_file("UNIX")).hexdigest()]
