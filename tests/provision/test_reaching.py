"""Why a port cannot be opened, why nobody answers there, and how a program that runs is interrupted."""

import errno
import os
import pty
import socket
import threading
import time
import tty
from collections import namedtuple

import pytest
import serial
from link_rig import files_on
from provisioning import ports, reaching
from provisioning.board_link import BoardLink, PortLost
from provisioning.reaching import reach

Port = namedtuple("Port", "device vid pid")
NOBODY = 65534
SWALLOWS = """
import time
while True:
    try:
        time.sleep(0.05)
    except:
        pass
"""
BUSY_WITH_IT = """
import time
while True:
    try:
        time.sleep(1)
    except:
        print("what was that?")
        time.sleep(0.3)
"""


def started(board, program):
    """Let a board run this program since it was plugged in."""
    files_on(board, write={"/main.py": program.encode()})
    board.pull_out()
    board.said.clear()
    board.plug_in()


def wait_until(condition, timeout=10):
    """Wait for a condition."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def hurry(monkeypatch):
    """Less time for what never answers."""
    monkeypatch.setattr(reaching, "_TRY_S", 1.5)
    monkeypatch.setattr(reaching, "_FIRST_S", 0.3)


def why(port):
    """Return the message about a port."""
    with pytest.raises(PortLost) as caught:
        reach(str(port))
    assert str(port) in str(caught.value)
    return str(caught.value)


def why_in_child(port, before):
    """Return the message in a child process that first calls `before`."""
    reading, writing = os.pipe()
    if not os.fork():
        try:
            before()
            reach(port)
        except BaseException as error:
            os.write(writing, str(error).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as file:
        text = file.read().decode()
    os.wait()
    return text


def test_a_port_that_does_not_exist_is_told(tmp_path):
    assert "there is no such port; " in why(tmp_path / "ttyACM0")


def test_a_port_that_another_program_has_open_is_told(plug):
    board = plug()
    with serial.Serial(board.port, exclusive=True):
        assert "another program uses it, such as a serial monitor" in why(board.port)


def test_a_port_that_only_others_may_open_is_told():
    host, its = pty.openpty()
    name = os.ttyname(its)
    os.chmod(name, 0)
    said = why_in_child(name, lambda: os.geteuid() or os.setuid(NOBODY))
    os.close(host)
    os.close(its)
    assert "no permission; add yourself to the group " in said and "sudo usermod -aG" in said


def test_a_port_without_a_device_behind_it_is_told():
    # The terminal of a process that has none gives the error of a port whose board is gone.
    assert "no board is behind it any more" in why_in_child("/dev/tty", os.setsid)


def test_what_is_no_port_is_told(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for path in (file, tmp_path, "/dev/null"):
        assert "it is not a serial port" in why(path)


def test_an_address_where_nobody_listens_is_told():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert os.strerror(errno.ECONNREFUSED) in why("rfc2217://127.0.0.1:%d" % port)
    assert "expected a port such as" in why("nonsense://here")


def test_a_port_where_nothing_answers_is_told(hurry):
    host, its = pty.openpty()
    tty.setraw(its)
    said = why(os.ttyname(its))
    os.close(host)
    os.close(its)
    assert "nothing answers" in said and "without MicroPython on the board, install it" in said


@pytest.mark.parametrize(
    "said, words",
    [
        (b"ets Jul 29 2019\r\nrst:0x1,boot:0x3 (DOWNLOAD_BOOT)\r\nwaiting for download\r\n", "in its boot loader"),
        (b"Traceback (most recent call last):\r\nKeyboardInterrupt: \r\n", "a program runs that catches Ctrl-C"),
        (b"temperature 21.5\r\ntemperature 21.6\r\n", "a program prints there, and no Ctrl-C ends it"),
        (bytes(range(128, 255)), "what comes is no text"),
        (b"", "nothing answers"),
    ],
)
def test_who_answers_instead_of_micropython_is_told_without_its_words(said, words):
    text = reaching._why_silent("/dev/nowhere", said)
    assert words in text and "21.5" not in text


def test_usb_says_what_a_silent_board_is():
    nano = Port("/dev/ttyACM0", 0x2341, 0x025E)
    c3 = Port("/dev/ttyACM1", 0x303A, 0x1001)
    loader = Port("/dev/ttyACM2", 0x2341, 0x0366)
    for port, expected in ((nano, (True, False)), (c3, (False, False)), (loader, (False, True))):
        assert ports.board_at(port.device, [nano, c3, loader]) == expected
    assert ports.board_at("/dev/ttyS0", [nano]) == (False, False)


@pytest.mark.parametrize(
    "prints, words",
    [
        ("", "nothing answers; without MicroPython on the board, install it: boards/README.md; with it, a program"),
        ("print('21.5')", "a program prints there, and no Ctrl-C ends it"),
        ("print('MicroPython')", "a program runs that catches Ctrl-C, as a bare `except:` does"),
    ],
)
def test_a_program_that_catches_ctrl_c_for_good_is_told_and_goes_on(prints, words, plug, hurry):
    board = plug()
    started(board, SWALLOWS.replace("pass", prints or "pass"))
    assert words in why(board.port)
    assert b"Traceback" not in board.said


def test_a_program_that_catches_one_ctrl_c_is_ended_by_the_next(plug):
    board = plug()
    started(board, BUSY_WITH_IT)
    with BoardLink(board.port) as link:
        assert link.run("read", path="/main.py") == BUSY_WITH_IT.encode()


def test_a_board_that_is_reset_meanwhile_is_caught_at_its_start(plug, tmp_path):
    board = plug()
    started(board, "import time\ntime.sleep(1)\nprint('begins')\n" + SWALLOWS)
    wait_until(lambda: b"begins" in board.said)
    # As if the reset button were pressed: the port goes, and comes back under its name.
    port = tmp_path / "port"
    port.symlink_to(board.port)
    threading.Thread(target=press_reset, args=(board, port), daemon=True).start()
    with BoardLink(str(port)) as link:
        assert link.run("read", path="/none") is None


def press_reset(board, port):
    """Reset the board once the first Ctrl-C have come."""
    board.wait_received(board.received + 20)
    board.pull_out()
    board.plug_in()
    port.unlink()
    port.symlink_to(board.port)


def test_a_boot_py_that_does_not_end_is_interrupted(plug, monkeypatch):
    monkeypatch.setattr(reaching, "_BOOT_S", 1)
    board = plug()
    files_on(board, write={"/boot.py": b"import time\nwhile True:\n    time.sleep(1)\n"})
    with BoardLink(board.port) as link:
        assert link.run("read", path="/none") is None


def test_a_boot_py_that_catches_ctrl_c_is_told(plug, monkeypatch):
    monkeypatch.setattr(reaching, "_BOOT_S", 0.5)
    board = plug()
    files_on(board, write={"/boot.py": SWALLOWS.encode()})
    assert "boot.py does not end, and catches Ctrl-C" in why(board.port)


def test_ctrl_c_while_the_board_is_reached_lets_its_program_start_again(plug, monkeypatch):
    board = plug()
    files_on(board, write={"/main.py": b"print('up and running')\n"})
    board.said.clear()

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(reaching, "reset", interrupted)
    with pytest.raises(KeyboardInterrupt):
        reach(board.port)
    wait_until(lambda: b"up and running" in board.said)


def test_a_cable_that_is_pulled_is_told(plug):
    board = plug()
    with pytest.raises(PortLost, match="the port has vanished: the board was unplugged"):
        with BoardLink(board.port) as link:
            board.pull_out()
            link.run("read", path="/main.py")
