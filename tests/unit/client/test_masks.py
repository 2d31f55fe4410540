"""Masks of schedules, and the bits that the C++ library documents."""

from arduino_iot_cloud.masks import ONCE, every, monthly, weekly, yearly
from portable_assert import raises


def test_bits():
    assert ONCE == 0
    assert every(20, "minutes") == 1140850708  # the C++ library's own example
    assert every(5) == 1 << 26 | 5
    assert every(2, "hours") == 2 << 30 | 1 << 26 | 2
    assert every(3, "days") == 3 << 30 | 1 << 26 | 3
    assert weekly() == 2 << 26
    assert weekly("Sunday") == 2 << 26 | 1
    assert weekly("Mon", "FRI", "saturday") == 2 << 26 | 2 | 32 | 64
    assert weekly("sun", "mon", "tue", "wed", "thu", "fri", "sat") == 2 << 26 | 127
    assert monthly(31) == 3 << 26 | 31
    assert yearly(1, 1) == 4 << 26 | 1
    assert yearly(12, 31) == 4 << 26 | 11 << 8 | 31  # type 4: the C++ library's own helper turns it into 7


def test_days_of_the_week_by_three_letters_or_more():
    for day in ("thu", "Thur", "THURS", "thursday"):
        assert weekly(day) == 2 << 26 | 16
    assert weekly("sun", "Sunday") == 2 << 26 | 1


def test_numbers_out_of_range_are_named():
    for function, given, name, high in (
        (every, (0,), "count", 67108863), (every, (-1,), "count", 67108863), (every, (1 << 26,), "count", 67108863),
        (monthly, (0,), "day", 31), (monthly, (32,), "day", 31),
        (yearly, (0, 1), "month", 12), (yearly, (13, 1), "month", 12), (yearly, (1, 0), "day", 31),
        (yearly, (1, 32), "day", 31), (yearly, (4, 31), "day", 30), (yearly, (2, 30), "day", 29),
    ):
        error = str(raises(ValueError, function, *given))
        assert name in error and str(high) in error and "not %d" % given[name == "day" and function is yearly] in error


def test_numbers_of_another_type_are_named():
    for wrong in (True, 1.0, 1.5, float("nan"), "1", None, [1], b"1"):
        for function, given, name in (
            (every, (wrong,), "count"), (monthly, (wrong,), "day"),
            (yearly, (wrong, 1), "month"), (yearly, (1, wrong), "day"),
        ):
            error = str(raises(TypeError, function, *given))
            assert error.startswith(name + " is a whole number from 1 to") and error.endswith("not %r" % (wrong,))


def test_units_that_there_are_not():
    for wrong in ("weeks", "", "Hours", None, 5, True):
        error = str(raises(ValueError, every, 1, wrong))
        assert "unit" in error and "minutes" in error and error.endswith(repr(wrong))


def test_days_of_the_week_that_there_are_not():
    for wrong in ("", "mo", "unm", "holiday", "sunk", "mon, tue", "monday "):
        error = str(raises(ValueError, weekly, wrong))
        assert "Sunday" in error and error.endswith(repr(wrong))
    for wrong in (1, 1.0, True, None, b"Mon", ["Mon"], ("Mon", "Tue")):
        assert str(raises(TypeError, weekly, wrong)).endswith("not %r" % (wrong,))
