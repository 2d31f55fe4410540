"""The frozen client on a Cortex-M3 that QEMU emulates, over its serial line."""

import time

import pytest
from portable_items import UNIT, parse_report, settings, with_source

# The first test may have to build the firmware.
pytestmark = pytest.mark.timeout(600)

CLIENT = UNIT / "client"
VECTORS = sorted(path.stem for path in CLIENT.glob("test_vectors_*.py"))
# Sessions with a simulated clock, compared with packets written down in the tests.
SESSIONS = sorted(path.stem for path in CLIENT.glob("test_session_*.py"))
# Tests of numbers that differ on the board, whose floats have single precision.
OTHERS = ["test_cbor_malformed", "test_kinds", "test_messages", "test_times_as_doubles"]


def test_it_is_known_as_the_board_that_it_is(board):
    code = "import sys\nfrom arduino_cloud_board.detection import detect, load\n"
    code += "print(sys.implementation._machine)\nprint(detect(), load().NAME)"
    assert board.run(code).splitlines() == ["mps2-an385 with Cortex-M3", "QEMU_ARM QEMU_ARM"]


def test_its_clock_is_the_hosts(board):
    before = int(time.time())
    assert before <= int(board.run("import time; print(time.time())")) <= time.time()
    year, month = time.gmtime(before)[:2]
    assert board.run("import time; print(*time.gmtime()[:2])").split() == [str(year), str(month)]


def test_waits_have_their_length(board):
    code = "import asyncio, time\nasync def wait():\n    await asyncio.sleep(0.1)\n\n"
    code += "start = time.ticks_us()\ntime.sleep(0.2)\nasyncio.run(wait())\n"
    begin = time.monotonic()
    took = int(board.run(code + "print(time.ticks_diff(time.ticks_us(), start))"))
    # asyncio counts whole milliseconds. The host's clock must have seen at least as much.
    assert 298_000 <= took <= (time.monotonic() - begin) * 1e6


def test_a_running_program_is_interrupted(board):
    # mpremote first presses Ctrl-C. The second one gets the board only if that stops the first one's loop.
    board.mpremote("exec", "--no-follow", "while True: pass")
    assert board.run("print(6 * 7)") == "42\n"


def test_the_client_is_frozen_in(board):
    code = "import arduino_iot_cloud.client as c, arduino_cloud_board as b; print(c.__file__, b.__file__)"
    assert board.run(code).split() == ["arduino_iot_cloud/client.py", "arduino_cloud_board/__init__.py"]


@pytest.mark.parametrize("module", VECTORS + SESSIONS + OTHERS)
def test_portable_tests_pass(board, module):
    names = settings(CLIENT / (module + ".py"))["tests"]
    output = board.run("import portable\nportable.main(%r, %r)" % (module, names))
    results = parse_report("\n" + output, names, "the end")
    failed = [name for name in names if not results[name][0]]
    assert not failed, with_source(results[failed[0]][1])
