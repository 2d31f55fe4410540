"""The masks of a Schedule: `Schedule("heating", msk=weekly("Mon", "Fri"), ...)`.

What is out of range is a ValueError, what is of another type a TypeError.
"""

ONCE = 0

_UNITS = ("seconds", "minutes", "hours", "days")
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


def every(count: int, unit: str = "seconds") -> int:
    """The mask for every so many (1 to 67108863) seconds, minutes, hours or days: `unit` is one of these words."""
    _whole("count", count, 67108863)
    if unit not in _UNITS:
        raise ValueError("unit is one of %s, not %r" % (", ".join(_UNITS), unit))
    return _UNITS.index(unit) << 30 | 1 << 26 | count


def weekly(*days) -> int:
    """The mask for days of the week, by their English names or the first three letters of them, at least."""
    mask = 2 << 26
    for day in days:
        if not isinstance(day, str):
            raise TypeError("a day of the week is text such as 'Mon', not %r" % (day,))
        found = [i for i in range(7) if len(day) > 2 and _DAYS[i].startswith(day.lower())]
        if not found:
            raise ValueError("a day of the week is 'Sunday' to 'Saturday', or 'Sun' to 'Sat', not %r" % day)
        mask |= 1 << found[0]
    return mask


def monthly(day: int) -> int:
    """The mask for a day (1 to 31) of every month that has it."""
    _whole("day", day, 31)
    return 3 << 26 | day


def yearly(month: int, day: int) -> int:
    """The mask for a day of a month (1 to 12), in every year that has it: there are 29 in February."""
    _whole("month", month, 12)
    _whole("day", day, 29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31)
    return 4 << 26 | month - 1 << 8 | day


def _whole(name, value, high):
    if type(value) is not int:  # a bool is none
        raise TypeError("%s is a whole number from 1 to %d, not %r" % (name, high, value))
    if not 1 <= value <= high:
        raise ValueError("%s is a whole number from 1 to %d, not %d" % (name, high, value))
