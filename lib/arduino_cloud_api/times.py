"""Times in the format of the API (RFC 3339) and of HTTP (RFC 9110, section 5.6.7)."""

from arduino_iot_cloud.port import timestamp

_MONTHS = b"JanFebMarAprMayJunJulAugSepOctNovDec"


def now() -> int:
    """Whole seconds since 1970 on every port; 0 if the clock was never set."""
    return timestamp()


def days(year: int, month: int, day: int) -> int:
    """Days from 1 January 1970 to a date of the Gregorian calendar."""
    year -= month < 3  # years that begin in March end with the leap day
    month = (month + 9) % 12
    return year * 365 + year // 4 - year // 100 + year // 400 + (month * 153 + 2) // 5 + day - 719469


def milliseconds(text: str) -> int:
    """Milliseconds since 1970 of a time such as `2026-03-02T10:10:00.25Z`, rounded down. Without a zone it is UTC.
    Raises ValueError for anything else."""
    if not isinstance(text, str):
        raise ValueError("not a time: %r" % (text,))
    try:
        if text[4] != "-" or text[7] != "-" or text[10] not in "Tt " or text[13] != ":" or text[16] != ":":
            raise ValueError
        numbers = [int(text[i:j]) for i, j in ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19))]
        year, month, day, hour, minute, second = numbers
        if not (0 < month < 13 and 0 < day < 32 and hour < 24 and minute < 60 and second < 61 and min(numbers) >= 0):
            raise ValueError
        end = 19
        if text[19:20] == ".":
            end = 20
            while text[end : end + 1].isdigit():
                end += 1
        fraction = int((text[20:end] + "000")[:3]) if end > 20 else 0
        minute -= _offset(text[end:])
    except (ValueError, IndexError):
        raise ValueError("not a time: %s" % text)
    return (((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000 + fraction


def _offset(zone):
    # Minutes east of Greenwich.
    if zone in ("", "Z", "z"):
        return 0
    if len(zone) != 6 or zone[0] not in "+-" or zone[3] != ":":
        raise ValueError
    minutes = int(zone[1:3]) * 60 + int(zone[4:])
    return -minutes if zone[0] == "-" else minutes


def text(seconds: int) -> str:
    """Seconds since 1970 as a time for the API, such as `2026-03-02T10:10:00Z`."""
    day, second = divmod(int(seconds), 86400)
    day += 719468  # 1 March of the year 0
    era, day = divmod(day, 146097)
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= year * 365 + year // 4 - year // 100
    month = (day * 5 + 2) // 153
    day -= (month * 153 + 2) // 5 - 1
    month = month + 3 if month < 10 else month - 9
    year += era * 400 + (month < 3)
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % (year, month, day, second // 3600, second // 60 % 60, second % 60)


def of_http(value: bytes) -> int:
    """Seconds since 1970 of a time such as `Sun, 06 Nov 1994 08:49:37 GMT`; 0 for the obsolete formats."""
    words = bytes(value).split()
    month = _MONTHS.find(words[2]) if len(words) == 6 and len(words[2]) == 3 else -1
    if month < 0 or month % 3 or words[5] != b"GMT":
        return 0
    try:
        hour, minute, second = [int(word) for word in words[4].split(b":")]
        return days(int(words[3]), month // 3 + 1, int(words[1])) * 86400 + hour * 3600 + minute * 60 + second
    except ValueError:
        return 0
