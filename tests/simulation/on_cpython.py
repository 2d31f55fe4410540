"""CPython in the simulated world: an event loop with its own clock, and sockets whose files only it knows."""

import asyncio
import gc
import math
import os
import random
import selectors
import socket
import sys
import time
import traceback

from .chance import Chance
from .clock import PLANNED, clock
from .network import network
from .sockets import POLLIN, POLLOUT, Socket, addresses
from .story import Story

story = Story()  # what was printed last


class Selector(selectors.BaseSelector):
    """Lets time pass."""

    def __init__(self):
        self._keys = {}  # by file number

    def _number(self, file):
        return file if isinstance(file, int) else file.fileno()

    def register(self, file, events, data=None):
        number = self._number(file)
        if number in self._keys:
            raise KeyError(file)
        key = selectors.SelectorKey(_sockets.get(number, file), number, events, data)
        self._keys[number] = key
        return key

    def unregister(self, file):
        number = self._number(file)
        if number not in self._keys:
            number = next((n for n, key in self._keys.items() if key.fileobj is file), number)
        return self._keys.pop(number)

    def modify(self, file, events, data=None):
        number = self._number(file)
        key = selectors.SelectorKey(self._keys[number].fileobj, number, events, data)
        self._keys[number] = key
        return key

    def get_key(self, file):
        return self._keys[self._number(file)]

    def get_map(self):
        return self._keys

    def close(self):
        self._keys.clear()

    def _ready(self):
        found = []
        for key in self._keys.values():
            ready = key.fileobj.ready()
            events = key.events & (
                (selectors.EVENT_READ if ready & ~POLLOUT else 0) | (selectors.EVENT_WRITE if ready & ~POLLIN else 0)
            )
            if events:
                found.append((key, events))
        return found

    def select(self, timeout=None):
        if timeout is not None:
            # A timer that is due within a millisecond is not due yet.
            timeout = max(1, math.ceil(timeout * 1000 - 1e-6)) if timeout > 0 else 0
        return clock.wait(timeout, self._ready)


class Loop(asyncio.SelectorEventLoop):
    """An event loop of the simulated world."""

    def __init__(self):
        super().__init__(Selector())
        self.set_exception_handler(_unhandled)
        # asyncio adds this to a time before it compares. After half a year a nanosecond is lost in the sum. A timer
        # that is due now would then wait for a later moment, which here only another timer can bring.
        self._clock_resolution = 1e-6

    def time(self):
        return clock.now / 1000

    # There are no other threads.

    def _make_self_pipe(self):
        self._ssock = self._csock = None

    def _close_self_pipe(self):
        pass

    def _write_to_self(self):
        pass

    async def getaddrinfo(self, host, port, *, family=0, type=0, proto=0, flags=0):
        ms, found = addresses(host, port, type)
        await asyncio.sleep(ms / 1000)
        if not found:
            raise socket.gaierror(-2, "Name or service not known")
        return found

    async def _in_executor(self, call, arguments):
        may_block, clock.may_block = clock.may_block, True
        try:
            return call(*arguments)
        finally:
            clock.may_block = may_block

    def run_in_executor(self, executor, call, *arguments):
        if call is socket.getaddrinfo:
            return self.create_task(self.getaddrinfo(*arguments[:2], type=(arguments + (0, 0))[3]))
        return self.create_task(self._in_executor(call, arguments))


class _Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self):
        return Loop()


class _Sockets(dict):
    """Sockets by file number, as long as they exist."""


_sockets = _Sockets()
_on_unhandled = None


class _Socket(Socket):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        _sockets[self._fileno] = self

    def close(self):
        super().close()
        _sockets.pop(self._fileno, None)


def _unhandled(loop, context):
    message = context.get("message")
    if "exception" not in context:
        message = "%s %r" % (message, context.get("task"))
    _on_unhandled(message, context.get("exception"))


def _getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    ms, found = addresses(host, port, type)
    if ms:  # an address takes no time
        clock.sleep(ms)
    if not found:
        raise socket.gaierror(-2, "Name or service not known")
    return found


def _urandom(n):
    network.allocate()
    return _jitter.bytes(n)


_jitter = Chance(0)


def keep(*words, **options):
    """Keep what is printed."""
    story.add("%s  %s" % (clock, " ".join([str(word) for word in words])))


def heap():
    """Collect garbage. Return None, because the size of the heap is unknown."""
    gc.collect()


_print = print


def leave(code):
    """End the process without running exit handlers, because their clock has stopped."""
    sys.stdout.flush()
    os._exit(code)


def show(*words):
    """Print to stdout."""
    _print(*words, flush=True)


def _print_exception(kind, error, trace, *rest, **options):
    if PLANNED in str(error):
        return
    if "simulated" not in str(error):
        clock.fail("reported: %r" % error)
    for line in "".join(traceback.format_exception(kind, error, trace)).split("\n"):
        keep(line)


def report(error):
    """Note an exception that was not caught."""
    _print_exception(type(error), error, error.__traceback__)


_all_tasks = asyncio.all_tasks


def _tasks_in_order(loop=None):
    # The order of a set depends on addresses, and the order of cancelling may matter.
    return sorted(_all_tasks(loop), key=lambda task: int(task.get_name().rpartition("-")[2]))


def install():
    """Replace what the client uses: clock, sockets, random numbers, print."""
    import builtins

    # A little more, so that whole milliseconds stay whole when they are multiplied again.
    time.monotonic = lambda: (clock.now + clock.first_tick) / 1000 + 1e-7
    time.time = clock.unix
    time.sleep = lambda seconds: clock.sleep(int(seconds * 1000))
    selectors.DefaultSelector = Selector
    socket.socket = _Socket
    socket.getaddrinfo = _getaddrinfo
    random.random = lambda: _jitter.random()
    os.urandom = _urandom
    builtins.print = keep
    traceback.print_exception = _print_exception
    asyncio.all_tasks = asyncio.tasks.all_tasks = _tasks_in_order
    asyncio.set_event_loop_policy(_Policy())
    sys.modules.pop("logging", None)


def fail_import(fails=True):
    """Do nothing. Memory does not run out on CPython."""


def begin(seed, on_unhandled):
    """Begin a new world, with jitter by its seed."""
    global _jitter, _on_unhandled
    _jitter = Chance(seed, "jitter")
    _on_unhandled = on_unhandled
    story.clear()
    _sockets.clear()
    for name in list(sys.modules):  # so that a world does not depend on earlier ones
        if name.startswith("arduino_iot_cloud"):
            del sys.modules[name]
