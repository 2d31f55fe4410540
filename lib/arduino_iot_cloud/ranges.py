"""A number from a to b, in everything that a program hands in.

Let go of at once: nothing of this module is used by its function, which whoever has imported it keeps.
"""


def number(name: str, value, low, high, what: str = "a number of seconds", kind=(int, float)):
    """Raise TypeError for what is no `kind` of number (a bool is none), ValueError for what is not from `low` to `high`.

    The message names the argument, `what` it should be, and what was given.
    """
    if isinstance(value, bool) or not isinstance(value, kind):
        error = TypeError
    elif not low <= value <= high:  # so is NaN
        error = ValueError
    else:
        return
    raise error("%s is %s from %s to %s, not %r" % (name, what, low, high, value))
