"""Why a value does not fit a variable: imported when there is the first one."""


def misfit(name: str, last, value) -> Exception:
    """What to raise for a value that `property.fit` refuses. It names the variable, what that takes and what was
    given. `last` is the type `int` itself for a float from the cloud that no int of 64 bits can stand for."""
    kind = type(value)
    if last is int:
        return ValueError("'%s' takes integers of 64 bits, not %r" % (name, value))
    if kind is int and value >> 64 not in (0, -1):
        return ValueError("'%s' takes integers of 64 bits, not a longer one" % name)
    if last is None:
        takes = "bool, int, float or str"
    elif last == ():
        takes = "a number"
    else:
        takes = type(last).__name__
    return TypeError("'%s' takes %s, not %s" % (name, takes, kind.__name__))


def attribute_of(name: str, attribute: str) -> Exception:
    """What to raise for an attribute of a variable that has none."""
    return ValueError("'%s' has no attribute '%s'" % (name, attribute))
