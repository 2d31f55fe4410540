"""Run a module of portable tests on MicroPython. portable_items.py starts this; on a board it is imported.

    micropython tests/support/portable/portable.py FOLDER MODULE TEST…

It reports on stdout. Each record is a line that starts with RECORD: `RUN name`, then `PASS name`, or `FAIL name`
after the traceback.
"""

import gc
import sys

RECORD = "\x1e"


def _call(test):
    """Call a test, and run what it returns if it is a coroutine."""
    result = test()
    if hasattr(result, "send"):
        import asyncio

        try:
            asyncio.run(result)
        finally:
            asyncio.new_event_loop()


def main(module, names):
    """Run the named tests, each whether or not others fail."""
    tests = __import__(module)
    for name in names:
        gc.collect()
        print("\n%sRUN %s" % (RECORD, name))
        try:
            _call(getattr(tests, name))
        except BaseException as error:
            sys.print_exception(error)
            print("\n%sFAIL %s" % (RECORD, name))
        else:
            print("\n%sPASS %s" % (RECORD, name))


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    main(sys.argv[2], sys.argv[3:])
