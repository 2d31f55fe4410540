"""What a board's world replaces beside the rest: `machine`, `network`, `esp32`, threads, and the files in the flash."""

import builtins
import os as _os
import sys

from ..clock import clock
from .flash import ROOT, Esp32, flash
from .power import Machine, Reset, power

MICROPYTHON = sys.implementation.name == "micropython"
BOARDS = _os.getenv("SIMULATED_BOARDS")

if MICROPYTHON:
    from time import mktime  # that of the unix port, in UTC
else:
    from calendar import timegm as mktime  # noqa: F401

_open = builtins.open
_os_functions = {}
secrets = []  # texts that no line may show
lost = [0]  # when the program lost its link
_graveyard = []  # on CPython: loops that ended with the power, whose coroutines must not be closed


def _opened(path, mode="r", *more, **options):
    if isinstance(path, str) and path.startswith(ROOT):
        file = flash.open(path, mode)
        return file if "b" in mode else _text(file)
    return _open(path, mode, *more, **options)


def _text(file):
    from io import BytesIO, TextIOWrapper

    return TextIOWrapper(BytesIO(file.read()))


def _routed(name):
    # The function of `os` with this name, which takes paths in the flash too.
    before = getattr(_os, name, None)
    function = getattr(flash, "rename" if name == "replace" else name)

    def route(path, *arguments, **options):
        if isinstance(path, str) and path.startswith(ROOT):
            return function(path, *arguments)
        return before(path, *arguments, **options)

    return route


def _chmod(path, mode, **options):
    if not path.startswith(ROOT):
        _chmod_before(path, mode, **options)


def _fsync(number):
    if number >= 0:
        _fsync_before(number)


_chmod_before = getattr(_os, "chmod", None)
_fsync_before = getattr(_os, "fsync", None)


class Logging:
    """The module `logging`: every line goes into the story."""

    @staticmethod
    def log(level, message):
        print(message)

    @staticmethod
    def getLogger(*name):  # noqa: N802 - its name
        return Logging

    @staticmethod
    def isEnabledFor(level):  # noqa: N802 - its name
        return True


class Threads:
    """The module `_thread`, which an ESP32 uses for scans."""

    @staticmethod
    def start_new_thread(function, arguments):
        """Let a scan take its time beside everything else."""
        from .radio import air, conditions

        power.check()
        if conditions.scans == "hangs":
            return
        clock.at(air.scan_takes(), _in_thread, power.boots, function, arguments)


def _in_thread(boot, function, arguments):
    if not power.on or boot != power.boots:
        return
    from .radio import air

    air.in_thread = True
    try:
        function(*arguments)
    except Reset:
        pass
    except Exception as error:
        clock.fail("a thread ends with %r" % error)
    air.in_thread = False


def install():
    """Replace modules, once."""
    modules = sys.modules
    modules["machine"] = Machine
    modules["logging"] = Logging
    builtins.open = _opened
    place = modules["os"]
    for name in ("stat", "mkdir", "remove", "rename", "listdir"):
        setattr(place, name, _routed(name))
    place.getcwd = lambda: ROOT
    if MICROPYTHON:
        modules["_thread"] = Threads
        modules["esp32"] = Esp32
        return
    import _thread
    import select

    from ..sockets import Poll

    _thread.start_new_thread = Threads.start_new_thread
    select.poll = Poll
    place.replace = _routed("replace")
    place.chmod = _chmod
    place.fsync = _fsync
    sys.unraisablehook = lambda unraisable: None  # of coroutines whose board was switched off


def give_network(module):
    """Give the board this module `network`."""
    sys.modules["network"] = module


def watch_prints(keep):
    """Check each line that the program prints for secrets, note when it lost its link, and keep the line."""

    def checked(*words, **options):
        line = " ".join([str(word) for word in words])
        for secret in secrets:
            if secret in line:
                clock.fail("a line shows a secret (%d characters of %d)" % (len(secret), len(line)))
        if line.endswith(": the connection was lost."):
            lost[0] = clock.now
        keep(line)

    builtins.print = checked


def give_nvs(has):
    """Give the board an NVS or not."""
    if has:
        sys.modules["esp32"] = Esp32
    else:
        sys.modules.pop("esp32", None)


def forget_board():
    """Unload the board's code, so that the next start imports it again."""
    for name in list(sys.modules):
        if name.startswith("arduino_") or name == "board":
            del sys.modules[name]


def load_board(name):
    """Return the board's facts as `detection.load` does on that board."""
    sys.path.insert(0, BOARDS + "/" + name)
    try:
        import board
    finally:
        sys.path.pop(0)
    from arduino_cloud_board.defaults import complete

    return complete(board)


def bury(loop):
    """Keep what ran when the power failed."""
    _graveyard.append(loop)
