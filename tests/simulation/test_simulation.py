"""The client lives in simulated worlds on every interpreter and in every mode. README.md says what is checked."""

import pytest
from soaking.worlds import CLIENT_MODES, live

# Worlds for each of four modes, 300 in all. Each has some minutes of trouble and takes a second or less.
SEEDS = {"cpython": 48, "mp64": 10, "mp32": 17}
# Worlds with a whole board. Each lasts about an hour.
BOARDS = {"cpython": 40, "mp64": 12, "mp32": 24}
WEEKS_SEED = 1
TIMEOUT_S = 300  # ends what hangs

pytestmark = pytest.mark.timeout(700)


def _insist(result):
    assert not result.failures, "\n\n".join(
        "%s\n%s" % (failure.story, failure.replay) for failure in result.failures[:3]
    )


@pytest.mark.parametrize("mode", CLIENT_MODES)
@pytest.mark.parametrize("interpreter", SEEDS)
def test_trouble_of_every_kind_heals(interpreter, mode):
    _insist(live(interpreter, mode, 1, SEEDS[interpreter], timeout=TIMEOUT_S))


@pytest.mark.parametrize("interpreter", BOARDS)
def test_boards_heal_by_themselves(interpreter):
    _insist(live(interpreter, "board", 1, BOARDS[interpreter], timeout=TIMEOUT_S))


@pytest.mark.parametrize("interpreter", ["cpython", "mp32"])
def test_a_board_lives_two_weeks(interpreter):
    _insist(live(interpreter, "board", WEEKS_SEED, 1, 14, timeout=TIMEOUT_S))


@pytest.mark.parametrize("kind", ["idle", "busy"])
def test_a_device_lives_a_week(kind):
    _insist(live("mp32", "async", 3, 1, 7, (), TIMEOUT_S, kind))


@pytest.mark.parametrize("mode", ["async", "board"])
@pytest.mark.parametrize("interpreter", ["cpython", "mp32"])
def test_a_world_replays_exactly(interpreter, mode):
    # The result may be a failure. Then its story must be the same.
    once, again = [live(interpreter, mode, 7, 1, timeout=TIMEOUT_S) for _ in range(2)]
    assert once == again


def test_a_fault_is_found_and_told_with_its_seed():
    # The fault is in the world: its cloud never comes back.
    result = live("cpython", "async", 1, 2, off=("plain", "+nothing_heals"), timeout=TIMEOUT_S)
    assert [failure.seed for failure in result.failures] == [1, 2]
    assert "is not back" in result.failures[0].story
    assert "tools/soak --seed 1 --interpreter cpython --mode async" in result.failures[0].replay
