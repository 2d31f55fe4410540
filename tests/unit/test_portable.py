"""The portable tests' own machinery, in portable tests."""

import sys

from portable_assert import raises, raises_async


def test_assert_is_compiled_in():
    def fail():
        assert 1 == 2

    raises(AssertionError, fail)


def test_raises_returns_the_exception():
    assert raises(ValueError, int, "x").args


def test_raises_complains_if_nothing_is_raised():
    error = raises(AssertionError, raises, ValueError, int, "7")
    assert "7" in str(error)


async def test_coroutines_are_run():
    async def fail():
        raise KeyError("k")

    assert (await raises_async(KeyError, fail())).args == ("k",)


def test_runs_where_it_should():
    assert sys.implementation.name in ("cpython", "micropython")
