"""The masks of a Schedule: `Schedule("heating", msk=weekly("Mon", "Fri"), ...)`.

Each function raises ValueError for an argument out of range, TypeError for one of another type.
"""

ONCE = 0

_UNITS = ("seconds", "minutes", "hours", "days")
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


def every(count: int, unit: str = "seconds") -> int:
    """Return the mask for every `count` (1 to 67108863) seconds, minutes, hours or days: `unit` is one of these."""
    _whole("count", count, 67108863)
    if unit not in _UNITS:
        raise ValueError("unit is one of %s, not %r" % (", ".join(_UNITS), unit))
    return _UNITS.index(unit) << 30 | 1 << 26 | count


def weekly(*days) -> int:
    """Return the mask for days of the week, given as English names or at least their first three letters."""
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
    """Return the mask for a day (1 to 31) of every month that has it."""
    _whole("day", day, 31)
    return 3 << 26 | day


def yearly(month: int, day: int) -> int:
    """Return the mask for a day (1 to 31) of a month (1 to 12), in every year that has it: 29 is valid for February."""
    _whole("month", month, 12)
    _whole("day", day, 29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31)
    return 4 << 26 | month - 1 << 8 | day


def _whole(name, value, high):
    if type(value) is not int:  # a bool is not accepted
        raise TypeError("%s is a whole number from 1 to %d, not %r" % (name, high, value))
    if not 1 <= value <= high:
        raise ValueError("%s is a whole number from 1 to %d, not %d" % (name, high, value))
