"""Masks of schedules, and the bits that the C++ library documents."""

from portable_assert import raises

from arduino_iot_cloud.masks import ONCE, every, monthly, weekly, yearly


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
    assert yearly(12, 31) == 4 << 26 | 11 << 8 | 31  # type 4: the C++ library's own helper makes 7 of it


def test_mistakes_are_named():
    for wrong in ((0,), (-1,), (1 << 26,), (1.5,), (1, "weeks")):
        assert "every" in str(raises(ValueError, every, *wrong))
    for wrong in ("", "mo", "unm", "holiday"):
        assert repr(wrong) in str(raises(ValueError, weekly, wrong))
    for wrong in (0, 32, 1.0, "1"):
        raises(ValueError, monthly, wrong)
        raises(ValueError, yearly, 1, wrong)
    for wrong in (0, 13, "May"):
        raises(ValueError, yearly, wrong, 1)
