"""What a callback or the handling of a packet raised: a line in the log, and the traceback. Loaded where it happens."""

import sys


def report(name, error: BaseException, log):
    """What `port.report` does, which hands its `log` on."""
    what = "A packet from the cloud" if name is None else "'%s'" % name
    try:
        _tell(what, error, log)
    except Exception:
        try:
            print(what, "raised an exception that cannot be shown")
        except Exception:
            pass  # not even the console takes it


def _tell(what, error, log):
    try:
        text = str(error)
    except Exception as other:  # a class of the program's own
        text = "its text raised " + type(other).__name__
    log(40, "%s raised %s: %s" % (what, type(error).__name__, text))
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        import traceback

        traceback.print_exception(type(error), error, error.__traceback__)
