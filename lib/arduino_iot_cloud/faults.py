"""Reports of what a callback or the handling of a packet raised: a line in the log, and the traceback.

Imported for the first of them.
"""

import sys


def report(name, error: BaseException, log):
    """Do what `port.report` does, which passes its `log` on."""
    what = "A packet from the cloud" if name is None else "'%s'" % name
    try:
        _tell(what, error, log)
    except Exception:
        try:
            print(what, "raised an exception that cannot be shown")
        except Exception:
            pass  # the console fails, too


def _tell(what, error, log):
    try:
        text = str(error)
    except Exception as other:  # the program's own class may fail
        text = "its text raised " + type(other).__name__
    log(40, "%s raised %s: %s" % (what, type(error).__name__, text))
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        import traceback

        traceback.print_exception(type(error), error, error.__traceback__)
