"""What a callback raised, or the handling of a packet: a line in the log, and the traceback. Loaded where it happens."""

import sys

from .port import log


def report(name, error: BaseException):
    """As `port.report`, but for what it raises itself."""
    try:
        text = str(error)
    except Exception as other:  # a class of the program's own
        text = "its text raised " + type(other).__name__
    what = "A packet from the cloud raised" if name is None else "'%s' raised" % name
    log(40, "%s %s: %s" % (what, type(error).__name__, text))
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        import traceback

        traceback.print_exception(type(error), error, error.__traceback__)
