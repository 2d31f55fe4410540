"""Runs a module of portable tests on MicroPython; started by tests/portable_items.py.

    micropython tests/portable.py FOLDER MODULE TEST...

Reports on stdout, each record on a line of its own that starts with RECORD:
`RUN name`, then `PASS name`, or `FAIL name` after the traceback.
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


def main(folder, module, *names):
    """Run the named tests, each in spite of what became of the others."""
    sys.path.insert(0, folder)
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


main(*sys.argv[1:])
