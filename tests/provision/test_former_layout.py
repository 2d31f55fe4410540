"""A board with the former layout, in which each package is one flat folder, gets the present one."""

import tarfile

import pytest
from former_layout import FORMER, OWN, PARTS, former_files, modules_on, put_back
from link_rig import run_on
from provisioning import former, payload
from provisioning.board_link import BoardLink, PortLost
from provisioning.board_side import BoardSide, look
from toolchain.mpy import version


def present(*parts):
    """Return the files that should be on the board: {path: content}."""
    return {"/lib/" + name: data for name, data in payload.package(parts, version().bytecode).files.items()}


def board_with_former(plug, **options):
    """Return a board with a device's packages, compiled, and the user's own files."""
    made = plug(**options)
    put_back(made, former_files(payload.ALWAYS))
    return made


def test_the_list_has_what_was_on_boards():
    with tarfile.open(FORMER) as archive:
        kept = {name.replace(".mpy", ".py") for name in archive.getnames()}
    assert {name for names in former.files().values() for name in names} == kept
    assert set(former.files()) == {*payload.ALWAYS, *PARTS}


@pytest.mark.parametrize("compiled", [True, False])
def test_the_device_goes_on_with_the_present_layout_alone(compiled, plug, provision, cloud, unique):
    board = plug(installed=True)
    before = provision.told(board, "--thing", unique, "--no-check")
    put_back(board, former_files((*payload.ALWAYS, *PARTS), compiled=compiled))
    told = provision.told(board, "--thing", unique)
    assert "online, a value arrived" in told["steps"]["check"]["text"]
    assert told["device_id"] == before["device_id"]
    assert [name for name, each in told["steps"].items() if each["changed"]] == ["package"]
    # The board had the optional parts, so it gets them without being asked.
    assert modules_on(board) == {**present("sync", "api"), **OWN}
    board.settle()
    flash = board.flash.read_bytes()
    again = provision.told(board, "--thing", unique, "--no-check")["steps"]
    assert [name for name, each in again.items() if each["changed"]] == []
    board.settle()
    assert board.flash.read_bytes() == flash


def test_a_dry_run_removes_nothing(plug, provision):
    board = board_with_former(plug)
    before = modules_on(board)
    step = provision.told(board, "--no-device", "--dry-run")["steps"]["package"]
    assert "older ones removed would be copied" in step["text"]
    assert modules_on(board) == before


def test_the_present_layout_fits_in_place_of_the_former_one(plug, provision):
    board = board_with_former(plug, blocks=212)  # like a Pico W, which has no room for both
    assert "older ones removed copied" in provision.told(board, "--no-device")["steps"]["package"]["text"]
    assert modules_on(board) == {**present(), **OWN}


def test_where_the_present_layout_does_not_fit_nothing_is_removed(plug, provision):
    board = board_with_former(plug, blocks=150)
    before = modules_on(board)
    assert "KB free" in provision.run(board, "--no-device", code=1).stderr
    assert modules_on(board) == before


def test_former_modules_in_lib_make_way_for_romfs(plug, provision):
    board = plug(romfs_kb=256)
    put_back(board, former_files((*payload.ALWAYS, *PARTS)))
    before = modules_on(board)
    done = provision.run(board, "--no-device", "--romfs", code=1)
    # One of the user's own files is in a folder that comes before ROMFS. So what works stays.
    assert "/lib/arduino_" in done.stderr and "would make its folder be imported instead of ROMFS" in done.stderr
    assert modules_on(board) == before
    put_back(board, former_files((*payload.ALWAYS, *PARTS)))
    run_on(board, "import os\nfor path in %r:\n    os.remove(path)" % [path for path in OWN if "/arduino_" in path])
    provision.run(board, "--no-device", "--romfs")
    assert not [path for path in modules_on(board) if path.startswith("/lib/arduino_")]
    assert run_on(board, "import arduino_cloud_board as its; print(its.__file__)").startswith("/rom/lib/")


# What goes to the board in each phase: former modules are removed, present ones are copied, among the last of them
# the one whose name a folder takes, and the rest is removed.
PHASES = (
    b"os.remove(path)",
    b"end('/lib/arduino_cloud_board/",
    b"end('/lib/arduino_iot_cloud/",
    b"begin('/lib/arduino_iot_cloud/session/__init__",
    b"os.remove(path)",
)


def test_a_cable_pulled_in_any_phase_harms_nothing(plug, provision, cloud, unique):
    board = plug(installed=True)
    provision.run(board, "--thing", unique, "--no-check")
    put_back(board, former_files((*payload.ALWAYS, *PARTS)))
    for phase in PHASES:
        board.cut_at = phase
        done = provision.start(board, "--thing", unique).wait(60)
        assert done.returncode in (1, 3) and "the port has vanished: the board was unplugged" in done.stderr, (phase, done)
        board.wait_cut()
        board.cut_at = None
        board.plug_in()
    told = provision.told(board, "--thing", unique)
    assert "online, a value arrived" in told["steps"]["check"]["text"]
    assert modules_on(board) == {**present("sync", "api"), **OWN}


# A few files of each kind, so that all cuts together take seconds: a module that has become a folder, some that have
# moved, some that have stayed, and an optional part. All are compiled but the two SOURCES.
FEW = "session asking packets client __init__ sync sync_link".split()
SOURCES = ("/lib/arduino_iot_cloud/packets.py", "/lib/arduino_iot_cloud/client.py")


def test_power_that_goes_after_any_change_harms_nothing(plug, monkeypatch):
    files = {path: data for path, data in former_files((*payload.ALWAYS, *PARTS)).items() if _few(path)}
    for path in SOURCES:
        del files[path.replace(".py", ".mpy")]
        files[path] = b"raise ImportError('of before')\n"
    board = plug()
    put_back(board, files)
    package = payload.package(["sync"], version().bytecode)
    package.files = {name: data for name, data in package.files.items() if _few("/lib/" + name)}
    package.stale = [name for name in package.stale if _few("/lib/" + name)]
    package.former = [name for name in package.former if _few("/lib/" + name)]
    # The board is asked for its optional parts as usual, and the right answer must come after every cut.
    monkeypatch.setattr(payload, "package", lambda parts, *_: package if parts == ["sync"] else None)
    expected = {**{"/lib/" + name: data for name, data in package.files.items()}, **OWN}
    board.pull_out()
    before = board.flash.read_bytes()
    board.changes_of = "modules"
    seen = []
    for board.changes_left in range(1, 100):
        board.flash.write_bytes(before)
        board.plug_in()
        try:
            bring(board)
            break
        except PortLost:
            board.wait_cut()
        changes, board.changes_left = board.changes_left, None
        board.plug_in()
        seen.append(modules_on(board))
        bring(board)
        assert modules_on(board) == expected, changes
        board.pull_out()
    assert len(seen) >= len(files) and all(OWN.items() <= each.items() for each in seen)
    assert bring(board) == ""


def _few(path):
    # Those in FEW, and what is in the folders that have these names now
    _, _, package, name, *_ = path.split("/")
    return package == "arduino_iot_cloud" and name.partition(".")[0] in FEW


def bring(board):
    """Update the packages on the board, and return what was done."""
    with BoardLink(board.port) as link:
        found = look(link, None, keys=None, replace=False)
        return BoardSide(link, found, dry_run=False).package((), romfs=False)
