"""Runs portable tests on the emulated board; it prints what portable_items.parse_report reads."""

import gc
import sys

RECORD = "\x1e"


def _call(test):
    result = test()
    if hasattr(result, "send"):
        import asyncio

        try:
            asyncio.run(result)
        finally:
            asyncio.new_event_loop()


def main(module, names):
    """Run tests of `module`, each in spite of what became of the others."""
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
