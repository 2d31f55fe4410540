"""micropython-lib's `logging`, as far as the examples use it: the root logger, with format and level, to stderr."""

import sys
import time

DEBUG, INFO, WARNING, ERROR = 10, 20, 30, 40
_NAMES = {DEBUG: "DEBUG", INFO: "INFO", WARNING: "WARNING", ERROR: "ERROR"}
_settings = {"format": "%(levelname)s:%(name)s:%(message)s", "datefmt": "%Y-%m-%d %H:%M:%S", "level": WARNING}


def basicConfig(**settings):
    """Set `format`, `datefmt`, `level`."""
    _settings.update(settings)


def log(level, message, *args):
    """Log at a level."""
    if level >= _settings["level"]:
        now = time.time()
        fields = {
            "asctime": time.strftime(_settings["datefmt"], time.localtime(int(now))),
            "msecs": int(now * 1000) % 1000,
            "levelname": _NAMES[level],
            "name": "root",
            "message": message % args if args else message,
        }
        sys.stderr.write(_settings["format"] % fields + "\n")


def debug(message, *args):
    """Log at DEBUG."""
    log(DEBUG, message, *args)


def info(message, *args):
    """Log at INFO."""
    log(INFO, message, *args)


def warning(message, *args):
    """Log at WARNING."""
    log(WARNING, message, *args)


def error(message, *args):
    """Log at ERROR."""
    log(ERROR, message, *args)
