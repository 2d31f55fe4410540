"""Whatever a board, the cloud or the disk refuses, what worked before still works, and the cause is told."""

import asyncio
import errno
import fcntl

import pytest
from link_rig import files_on, run_on
from localcloud.cli.exits import CommandError
from provisioning import boards, journal, ports
from provisioning.board_link import BoardError, BoardLink

PICO = "Raspberry Pi Pico W with RP2040"
# Runs at each start of the board: one file cannot be read, as from worn flash.
WORN = """
import builtins
real = builtins.open
def worn(path, *mode):
    if path == %r:
        raise OSError(5)
    return real(path, *mode)
builtins.open = worn
"""
# Changes and empties each file of the package, and fills the rest of the flash except for 80 KB.
EMPTY_AND_FILL = """
import os
def empty(folder):
    for entry in os.ilistdir(folder):
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            empty(path)
        else:
            with open(path, "wb") as file:
                file.write(b"x")
empty("/lib/arduino_iot_cloud")
empty("/lib/arduino_cloud_board")
"""
FILL = """
import os
space = os.statvfs("/")
with open("filler", "wb") as file:
    for _ in range(space[3] - LEAVE):
        file.write(bytes(4096))
"""
FILL_UP = """
import os
try:
    n = 0
    while True:
        n += 1
        with open("filler%d" % n, "wb") as file:
            file.write(bytes(4096))
except OSError:
    os.remove("filler%d" % n)
"""
SETTINGS = """
from arduino_cloud_board.detection import load
from arduino_cloud_board.settings import open
print(open(load()).client_arguments())
"""


def worn_at(plug, path, **options):
    """Return a board with the package, one of whose files cannot be read."""
    board = plug(installed=True, **options)
    files_on(board, write={"/boot.py": (WORN % path).encode(), path: b"# mine\nA = 1\n"})
    return board


def content(board, path):
    """Return what a file that its own board cannot read has."""
    return ast_of(run_on(board, "print(real(%r, 'rb').read())" % path))


def ast_of(text):
    """Return the value that is printed."""
    return eval(text)


def test_a_secrets_py_that_cannot_be_read_is_not_taken_for_none(plug, provision, cloud):
    board = worn_at(plug, "/secrets.py")
    done = provision.run(board, "--no-check", code=1)
    assert "the board says: OSError: [Errno 5]" in done.stderr
    assert "DEVICE_ID" not in done.stderr and content(board, "/secrets.py") == b"# mine\nA = 1\n"


def test_a_program_that_cannot_be_read_is_somebodys(plug, provision, cloud, tmp_path):
    board = worn_at(plug, "/main.py")
    program = tmp_path / "program.py"
    program.write_text("print(1)\n")
    assert "--replace-main" in provision.run(board, "--no-device", "--main", program, code=1).stderr


def test_a_module_that_cannot_be_read_is_written_anew(plug, provision):
    board = plug(installed=True)
    path = "/lib/arduino_iot_cloud/__init__.mpy"
    files_on(board, write={"/boot.py": (WORN % path).encode()})
    # Written under another name, so it is compared before it takes the place of the old one.
    assert provision.told(board, "--no-device")["steps"]["package"]["text"].startswith("1 of ")


def test_a_key_that_cannot_be_read_is_not_replaced(plug, provision, cloud):
    board = worn_at(plug, "/device_key.der")
    done = provision.run(board, "--no-check", "--certificate", code=3)
    assert "OSError: [Errno 5]" in done.stderr
    assert content(board, "/device_key.der") == b"# mine\nA = 1\n"


@pytest.mark.parametrize("data, number", [(b"\xef\xbb\xbfabc\r\n", "abc"), (b"\n", None)])
def test_a_number_in_a_file_may_be_saved_by_an_editor(data, number, plug):
    board = plug(unique_id="")
    files_on(board, write={"/provisioning_id": data})
    with BoardLink(board.port) as link:
        assert link.run("probe", packages=[])["unique_id"] == number


def test_a_number_that_is_no_text_is_told(plug):
    board = plug(unique_id="")
    files_on(board, write={"/provisioning_id": b"\xff\xfe"})
    with BoardLink(board.port) as link, pytest.raises(BoardError, match="provisioning_id is not text: remove it"):
        link.run("probe", packages=[])


def test_what_else_a_board_prints_spoils_no_list(plug, monkeypatch):
    board = plug()
    files_on(board, write={"/one": b"12"})
    with BoardLink(board.port) as link:
        real = link.run

        def noisy(program, on_line=None, **named):
            on_line("watchdog: fed")
            on_line("12 times fed")
            return real(program, on_line=on_line, **named)

        monkeypatch.setattr(link, "run", noisy)
        assert link.files(["/"])["//one"] == 2


def test_a_newer_package_that_does_not_fit_leaves_the_older_one(plug, provision):
    board = plug(installed=True)
    run_on(board, EMPTY_AND_FILL + FILL.replace("LEAVE", "20"))
    before = files_on(board, packages=True)
    done = provision.run(board, "--no-device", code=1)
    assert "KB have to be copied, but the board has only 7" in done.stderr
    assert files_on(board, packages=True) == before


def test_half_written_files_make_way_first(plug, provision):
    board = plug(installed=True)
    half = {"/main.py.new": b"x", "/secrets.py.new": b"x", "/lib/board.py.new": b"x"}
    files_on(board, write={**half, "/other.new": b"mine"})
    provision.run(board, "--no-device")
    assert [path for path in files_on(board) if path.endswith(".new")] == ["/other.new"]


@pytest.mark.parametrize("own", [b"A = (\n", b"\xef\xbb\xbfA = 1\n", b"if 1:\n    SECRET_KEY = 'x'\n"])
def test_a_secret_is_not_replaced_if_the_board_cannot_get_the_new_one(own, plug, provision, cloud):
    board = plug(installed=True)
    provision.run(board, "--no-check")
    before = provision.journal()
    files_on(board, write={"/secrets.py": own})
    done = provision.run(board, "--no-check", "--new-secret", code=1)
    assert "the board's secrets.py" in done.stderr
    assert provision.journal() == before and files_on(board)["/secrets.py"] == own


def test_a_store_that_does_not_open_is_told_before_the_cloud_changes_anything(plug, provision, cloud):
    board = plug(installed=True, machine="Generic ESP32 module with ESP32")  # whose firmware here has no NVS
    count = len(cloud.look("devices"))
    done = provision.run(board, "--server", "127.0.0.1", "--no-check", code=3)
    assert "the board says: OSError: [Errno 19] ENODEV: nvs:arduino needs an ESP32" in done.stderr
    assert len(cloud.look("devices")) == count


def test_a_device_that_does_not_fit_leaves_the_earlier_one(plug, provision):
    board = plug(installed=True, machine=PICO)
    files_on(board, write={"/lib/board.py": (boards.BOARDS / "RPI_PICO_W" / "board.py").read_bytes()})
    one = {"device_id": "one", "secret": "the secret of one", "certificate": None, "cloud": {"server": "a"}, "root": b"1"}
    two = {**one, "device_id": "two", "secret": "s" * 3000, "cloud": {"server": "b"}, "root": b"2" * 3900}
    with BoardLink(board.port) as link:
        link.run("store_device", dry=False, **one)
    run_on(board, FILL_UP)
    before = run_on(board, SETTINGS)
    stored = [path for path in files_on(board) if "/keys/" in path]
    with BoardLink(board.port) as link, pytest.raises(BoardError, match="28"):
        link.run("store_device", dry=False, **two)
    assert run_on(board, SETTINGS) == before
    assert [path for path in files_on(board) if "/keys/" in path] == stored
    too_long = {**two, "secret": "s" * 5000}
    with BoardLink(board.port) as link, pytest.raises(BoardError, match="4000"):
        link.run("store_device", dry=False, **too_long)
    assert run_on(board, SETTINGS) == before


def test_a_dry_run_tells_what_a_run_would(plug, provision):
    board = plug(installed=True, machine=PICO)
    files_on(board, write={"/secrets.py": b"1/0\n"})
    for arguments in ((), ("--dry-run",)):
        done = provision.run(board, "--no-device", "--wifi", "net", "--wifi-open", *arguments, code=1 if arguments else 3)
        assert "secrets.py cannot be imported: ZeroDivisionError. Is every text in quotes," in done.stderr


@pytest.mark.parametrize(
    "text, words",
    [
        (b"{", "is not JSON; move it away"),
        (b"[]", "has no notes; move it away"),
        (b'{"secret": 7}', "the note 'secret'"),
        (b'{"keys": [7]}', "the note 'keys'"),
        (b'{"main": "x"}', "the note 'main'"),
    ],
)
def test_notes_that_are_damaged_are_told_by_name(text, words, plug, provision, cloud):
    board = plug(installed=True)
    provision.run(board, "--no-check")
    (path,) = provision.journals.glob("*.json")
    path.write_bytes(text)
    done = provision.run(board, "--no-check", code=1)
    assert str(path) in done.stderr and words in done.stderr
    assert path.read_bytes() == text


class Title:
    """As much of a connection as notes need."""

    title, organization = "a cloud", None


def test_why_notes_cannot_be_locked_is_told(tmp_path, monkeypatch):
    with journal.Journal(tmp_path, "1", Title), pytest.raises(CommandError, match="another run is provisioning"):
        journal.Journal(tmp_path, "1", Title).__enter__()

    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(CommandError, match="cannot be locked: No locks available"):
        journal.Journal(tmp_path, "1", Title).__enter__()


def test_a_device_that_a_list_leaves_out_is_not_forgotten():
    from provisioning.cloud_side import CloudSide

    class Listing:
        async def all(self):
            return []

    class Devices:
        def list(self):
            return Listing()

        async def show(self, device_id):
            return {"id": device_id}

    class API:
        devices = Devices()

    notes = journal.Journal(journal.Path("/nowhere"), "1", Title, dry_run=True)
    notes.values = {"device_id": "x", "secret": "y"}
    assert asyncio.run(CloudSide(API(), notes, dry_run=True).device("name", "kind", None)) == ""
    assert notes.values == {"device_id": "x", "secret": "y"}


def test_a_board_with_a_mistake_in_its_folder_spoils_no_other(tmp_path, monkeypatch):
    for name in ("RPI_PICO_W", "MINE"):
        (tmp_path / name).mkdir()
    (tmp_path / "RPI_PICO_W" / "board.py").write_bytes((boards.BOARDS / "RPI_PICO_W" / "board.py").read_bytes())
    (tmp_path / "MINE" / "board.py").write_text("NAME = 'MINE'\nUSB = (\n")
    monkeypatch.setattr(boards, "BOARDS", tmp_path)
    port = type("Port", (), {"device": "/dev/ttyACM0", "vid": 0x2E8A, "pid": 5})
    assert ports.find(None, None, [port]) == "/dev/ttyACM0"
    with pytest.raises(CommandError, match="MINE/board.py:2: not valid Python"):
        boards.facts("MINE")


def test_a_board_in_its_boot_loader_is_told():
    port = type("Port", (), {"device": "/dev/ttyACM0", "vid": 0x2341, "pid": 0x0366})
    with pytest.raises(CommandError, match="the board at /dev/ttyACM0 is in its boot loader"):
        ports.find(None, None, [port])
