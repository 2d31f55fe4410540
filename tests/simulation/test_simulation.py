"""The client lives through simulated worlds on every interpreter and in every mode; README.md says what is checked."""

import pytest
from soaking.worlds import INTERPRETERS, MODES, live

SEEDS = 20  # for each interpreter and mode
TIMEOUT_S = 100


def _insist(result):
    assert not result.failures, "\n\n".join(
        "%s\n%s" % (failure.story, failure.replay) for failure in result.failures[:3]
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_worlds_full_of_trouble(interpreter, mode):
    _insist(live(interpreter, mode, 1, SEEDS, timeout=TIMEOUT_S))


def test_a_week_of_an_idle_device():
    _insist(live("mp32", "async", 1, 1, 7, ("idle",), TIMEOUT_S))


def test_a_week_of_a_busy_device():
    _insist(live("mp32", "async", 2, 1, 7, ("busy",), TIMEOUT_S))
