"""The masks of a Schedule: `Schedule("heating", msk=weekly("Mon", "Fri"), ...)`."""

ONCE = 0

_UNITS = ("seconds", "minutes", "hours", "days")


def every(count: int, unit: str = "seconds") -> int:
    """The mask for every so many (1 to 67108863) seconds, minutes, hours or days. Raises ValueError for anything else."""
    if unit not in _UNITS or type(count) is not int or not 0 < count < 1 << 26:
        raise ValueError("every() takes a count from 1 to 67108863 and one of %s" % ", ".join(_UNITS))
    return _UNITS.index(unit) << 30 | 1 << 26 | count


def weekly(*days) -> int:
    """The mask for days of the week, by their English names or the first three letters of them."""
    mask = 2 << 26
    for day in days:
        place = "sunmontuewedthufrisat".find(day[:3].lower()) if len(day) > 2 else -1
        if place % 3:
            raise ValueError("%r is no day of the week" % (day,))
        mask |= 1 << place // 3
    return mask


def monthly(day: int) -> int:
    """The mask for a day (1 to 31) of every month that has it."""
    if type(day) is not int or not 1 <= day <= 31:
        raise ValueError("the day of a month is from 1 to 31, not %r" % (day,))
    return 3 << 26 | day


def yearly(month: int, day: int) -> int:
    """The mask for a day (1 to 31) of a month (1 to 12) of every year that has it."""
    if type(month) is not int or not 1 <= month <= 12:
        raise ValueError("a month is from 1 to 12, not %r" % (month,))
    return monthly(day) & 31 | month - 1 << 8 | 4 << 26
