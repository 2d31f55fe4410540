"""The built-in `time` with micropython-lib's `strftime`."""

from utime import *

_FIELDS = {"Y": 0, "m": 1, "d": 2, "H": 3, "M": 4, "S": 5}


def strftime(layout, when):
    """Format a time tuple: %Y %m %d %H %M %S."""
    for letter, index in _FIELDS.items():
        layout = layout.replace("%" + letter, "%02d" % when[index])
    return layout
