"""One line of report: through `logging` where the program uses it, else printed if it matters."""

import sys


def log(level: int, text: str):
    """Report at a level of `logging`: 20 info, 30 warning, 40 error."""
    logging = sys.modules.get("logging")
    if logging:
        logging.log(level, text)
    elif level > 20:
        print(text)


def report(name: str, error: Exception):
    """Report the exception that a user's callback raised, with its traceback."""
    log(40, "'%s' raised %s: %s" % (name, type(error).__name__, error))
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        import traceback

        traceback.print_exception(type(error), error, error.__traceback__)
