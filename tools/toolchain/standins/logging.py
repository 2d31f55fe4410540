"""The part of CPython's logging that the official client uses."""

import sys

DEBUG, INFO, WARNING, ERROR = 10, 20, 30, 40


class Logger:
    level = WARNING

    def isEnabledFor(self, level):
        return level >= self.level

    def setLevel(self, level):
        self.level = level

    def log(self, level, message, *args):
        if level >= self.level:
            print(message % args if args else message, file=sys.stderr)

    def debug(self, message, *args):
        self.log(DEBUG, message, *args)

    def info(self, message, *args):
        self.log(INFO, message, *args)

    def warning(self, message, *args):
        self.log(WARNING, message, *args)

    def error(self, message, *args):
        self.log(ERROR, message, *args)


_root = Logger()
debug = _root.debug
info = _root.info
warning = _root.warning
error = _root.error


def getLogger(name=None):
    return _root


def basicConfig(level=INFO, **_):
    _root.level = level
