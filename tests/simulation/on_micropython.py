"""MicroPython in the simulated world. What its asyncio and the client import is replaced before the first import.

The frozen asyncio is used as it is. `_asyncio` is replaced too, because the one in C reads the real clock.
"""

import builtins
import gc as _gc
import os as _os
import sys as _sys
import time as _time

from .chance import Chance
from .clock import PLANNED, clock, ticks_add, ticks_diff
from .network import network
from .sockets import DATAGRAM, POLLERR, POLLHUP, POLLIN, POLLOUT, STREAM, Poll, Socket, addresses, trouble
from .story import Story

story = Story()  # what was printed last


class Time:
    """The module `time`."""

    gmtime = _time.gmtime
    localtime = _time.gmtime
    mktime = _time.mktime
    ticks_ms = clock.ticks_ms
    ticks_add = ticks_add
    ticks_diff = ticks_diff
    sleep_ms = clock.sleep

    @staticmethod
    def ticks_us():
        return clock.ticks_ms() * 1000 % (1 << 30)

    ticks_cpu = ticks_us

    @staticmethod
    def time():
        return int(clock.unix())

    @staticmethod
    def time_ns():
        return int(clock.unix()) * 1000000000

    @staticmethod
    def sleep(seconds):
        clock.sleep(int(seconds * 1000))

    @staticmethod
    def sleep_us(us):
        clock.sleep(us // 1000)


class Select:
    """The module `select`."""

    POLLIN = POLLIN
    POLLOUT = POLLOUT
    POLLERR = POLLERR
    POLLHUP = POLLHUP
    poll = Poll


class TaskQueue:
    """_asyncio.TaskQueue: tasks by their time, those of the same time in the order in which they came."""

    def __init__(self):
        self.tasks = []  # the next task last

    def peek(self):
        return self.tasks[-1] if self.tasks else None

    def push(self, task, key=None):
        if key is None:
            key = clock.ticks_ms()
        task.data = None
        task.ph_key = key
        tasks = self.tasks
        i = len(tasks)
        while i and ticks_diff(tasks[i - 1].ph_key, key) <= 0:
            i -= 1
        tasks.insert(i, task)

    def pop(self):
        return self.tasks.pop()

    def remove(self, task):
        self.tasks.remove(task)


class Task:
    """_asyncio.Task with the attributes that asyncio and the client use."""

    def __init__(self, coro, globals=None):
        self.coro = coro
        self.data = None
        self.state = True
        self.ph_key = 0

    def __iter__(self):
        if not self.state:
            self.state = False
        elif self.state is True:
            self.state = TaskQueue()
        elif not isinstance(self.state, TaskQueue):
            raise RuntimeError("can't wait")
        return self

    def __next__(self):
        if not self.state:
            raise self.data
        self.state.push(core.cur_task)
        core.cur_task.data = self

    def done(self):
        return not self.state

    def cancel(self):
        if not self.state:
            return False
        if self is core.cur_task:
            raise RuntimeError("can't cancel self")
        task = self
        while isinstance(task.data, Task):
            task = task.data
        if hasattr(task.data, "remove"):
            task.data.remove(task)
            core._task_queue.push(task)
        elif ticks_diff(task.ph_key, clock.ticks_ms()) > 0:
            core._task_queue.remove(task)
            core._task_queue.push(task)
        task.data = core.CancelledError
        return True


_SELDOM = 20
core = None  # asyncio's, once imported


class Asyncio:
    """The module `_asyncio`."""

    TaskQueue = TaskQueue
    Task = Task


class Sockets:
    """The module `socket`."""

    AF_INET = 2
    SOCK_STREAM = STREAM
    SOCK_DGRAM = DATAGRAM
    SOL_SOCKET = 1
    SO_REUSEADDR = 2
    socket = Socket

    @staticmethod
    def getaddrinfo(name, port, family=0, type=0, proto=0, flags=0):
        ms, found = addresses(name, port, type)
        clock.block(ms)  # blocks as on boards, which is documented
        if not found:
            raise trouble(-2)
        return found


jitter = [Chance(0)]


class Random:
    """The module `random`."""

    # The client imports this by name, so it must not be bound to a class.
    @staticmethod
    def random():
        return jitter[0].random()

    @staticmethod
    def getrandbits(n):
        return jitter[0].below(1 << min(n, 30))


class Os:
    """The module `os`, with reproducible random bytes."""

    def __getattr__(self, name):
        return getattr(_os, name)

    @staticmethod
    def urandom(n):
        network.allocate()
        return jitter[0].bytes(n)


class Machine:
    """The module `machine`, with a clock that can be set."""

    class RTC:
        """The real-time clock."""

        def datetime(self, t):
            clock.set_wall(_time.mktime((t[0], t[1], t[2], t[4], t[5], t[6], 0, 0)))


class System:
    """The module `sys`, which keeps reports of exceptions."""

    def __getattr__(self, name):
        return getattr(_sys, name)

    @staticmethod
    def print_exception(error, file=None):
        from io import StringIO

        text = StringIO()
        _sys.print_exception(error, text)
        if PLANNED in text.getvalue():
            return
        on_fault(error)
        for line in text.getvalue().split("\n"):
            keep(line)


class Collector:
    """The module `gc`, which does only one in many collections.

    The client collects so often to keep a board's heap in one piece that it would take half of a world's time.
    """

    skipped = 0

    @staticmethod
    def collect():
        Collector.skipped += 1
        if Collector.skipped >= _SELDOM:
            Collector.skipped = 0
            _gc.collect()


def heap():
    """Collect garbage and return the bytes in use."""
    # MicroPython's asyncio keeps the last task that ended with an exception and everything its coroutine refers to.
    core._exc_context["future"] = core._exc_context["exception"] = None
    _gc.collect()
    return _gc.mem_alloc()


_print = builtins.print


def keep(*words, **options):
    """Keep what is printed."""
    story.add("%s  %s" % (clock, " ".join([str(word) for word in words])))


def on_fault(error):
    """Report an exception that was not planned."""
    if "simulated" not in str(error):
        clock.fail("reported: %r" % error)


def leave(code):
    """End the process."""
    _sys.exit(code)


def show(*words):
    """Print to stdout."""
    _print(*words)


_import_fails = [False]


def _no_import(name, *words):
    fail_import(False)
    network.starved = clock.now
    raise MemoryError("memory allocation failed, simulated")


def fail_import(fails=True):
    """Make the next import run out of memory, or not. A hook that passes imports on would not know the importer."""
    if fails:
        builtins.__import__ = _no_import
    elif _import_fails[0]:
        del builtins.__import__
    _import_fails[0] = fails


def install():
    """Replace modules."""
    modules = _sys.modules
    for names, module in (
        (("time", "utime"), Time),
        (("select", "uselect"), Select),
        (("socket", "usocket"), Sockets),
        (("_asyncio",), Asyncio),
        (("random", "urandom"), Random),
        (("os", "uos"), Os()),
        (("machine",), Machine),
        (("sys",), System()),
        (("gc",), Collector),
    ):
        for name in names:
            modules[name] = module
    builtins.print = keep


report = System.print_exception


def forget_client():
    """Unload the client, so that the next world imports it again and does not depend on earlier worlds."""
    for name in list(_sys.modules):
        if name.startswith("arduino_iot_cloud"):
            del _sys.modules[name]


def begin(seed, on_unhandled):
    """Begin a new world, with jitter by its seed and an empty event loop."""
    global core
    import asyncio
    from asyncio import core

    jitter[0] = Chance(seed, "jitter")
    forget_client()
    story.clear()
    asyncio.new_event_loop()
    asyncio.get_event_loop().set_exception_handler(
        lambda loop, context: on_unhandled(context["message"], context["exception"])
    )
