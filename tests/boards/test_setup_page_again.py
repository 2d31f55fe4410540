"""Ctrl-C while the set-up page is served, and what the program does after it without a reset."""

import signal
import time
from pathlib import Path

import pytest
from setup_boards import Board
from toolchain.paths import ROOT

PROGRAM = Path(__file__).parent / "setup_again_program.py"
RADIO = ROOT / "tests/support/standins/radio"


class InterruptedBoard(Board):
    """`setup_again_program.py`, running on an interpreter."""

    def __init__(self, interpreter, how, where="page"):
        super().__init__(interpreter, how, where)

    def start(self, interpreter, *more):
        return interpreter.start(PROGRAM, self.port, *more, path=[RADIO])

    def interrupt(self, number):
        self.process.wait_for("^start %d$" % number)
        self.process.wait_for("join the Wi-Fi network setup%d " % number)
        self.process.signal(signal.SIGINT)
        self.process.wait_for("interrupted %d$" % number, 10)


@pytest.mark.parametrize("how", ("run", "new_event_loop"))
def test_the_page_is_served_again_after_each_ctrl_c(interpreter, how):
    board = InterruptedBoard(interpreter, how)
    silent = []
    for number in range(1, 7):
        assert board.request("GET")[0] == 200
        silent.append(board.connect())  # stays open while it is interrupted
        time.sleep(0.007 * number)  # somewhere else in the page's turn
        board.interrupt(number)
        board.process.wait_for("network setup%d " % (number + 1))
    for s in silent:
        try:
            assert s.recv(1) == b""
        except ConnectionResetError:  # the page had not yet accepted it
            pass
        s.close()
    token = board.token()
    text = board.request("POST", fields={"ssid": "last", "token": token})[2]
    assert "Saved" in text
    done = board.process.wait(10)
    assert "\nended False 0\n" in done.stdout and "left 7\n" in done.stdout and done.stdout.count("returned") == 1, done


@pytest.mark.parametrize("how", ("run", "new_event_loop"))
def test_a_save_that_ctrl_c_interrupts_does_not_go_on_beside_the_next_one(interpreter, how):
    board = InterruptedBoard(interpreter, how, "save")
    for number in range(1, 4):
        board.post({"ssid": "network %d" % number})
        board.process.wait_for("^saving network %d$" % number)
        board.interrupt(number)
        board.process.wait_for("network setup%d " % (number + 1))
    board.post({"ssid": "last"})
    done = board.process.wait(10)
    assert "\nsaved last 0\n" in done.stdout and "\nreturned 4 " in done.stdout, done.stdout
    assert "\nended False 0\n" in done.stdout, done


@pytest.mark.parametrize("where", ("page", "save"))
def test_a_sweep_after_ctrl_c_takes_down_the_page_and_the_access_point(interpreter, where):
    board = InterruptedBoard(interpreter, "sweep", where)
    if where == "save":
        board.post({"ssid": "home"})
        board.process.wait_for("^saving home$")
    board.interrupt(1)
    done = board.process.wait(10)
    assert "\non False True []\nended False 0\n" in done.stdout, done
