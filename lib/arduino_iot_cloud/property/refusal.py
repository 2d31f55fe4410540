"""The exceptions for values that do not fit a variable. Imported for the first one."""


def misfit(name: str, last, value) -> Exception:
    """Return the exception for a value that `property.fit` refuses: it names the variable, what that takes and what was
    given. `last` is the type `int` itself for a float from the cloud that does not fit into 64 bits."""
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
    """Return the exception for an attribute of a variable that has none."""
    return ValueError("'%s' has no attribute '%s'" % (name, attribute))
