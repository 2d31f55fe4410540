"""Exceptions from callbacks and packets are reported with their traceback, whatever they are; that never raises."""

import sys

import arduino_iot_cloud.port as port
from arduino_iot_cloud.port import report
from reports import Reports
from stands_in import Stands


def fault(error):
    """Report it as the driver reports an exception from the handling of a packet."""
    report(None, error)


class Odd(Exception):
    """An exception that cannot be converted to a string."""

    def __str__(self):
        raise ValueError("no text")


class Broken:
    """Stands for `logging`, `faults` or `sys.stdout` when there is no memory."""

    def __init__(self, error):
        self.error = error
        self.asked = 0

    def log(self, level, text):
        self.asked += 1
        raise self.error

    def __getattr__(self, name):
        self.asked += 1
        raise self.error


def raised(error):
    """The error, raised once so that it has a traceback."""
    try:
        raise error
    except Exception as again:
        return again


def test_a_callback_is_named_with_what_it_raised():
    for error, words in (
        (KeyError("t"), "'led' raised KeyError: "),
        (ValueError(), "'led' raised ValueError: "),
        (MemoryError(), "'led' raised MemoryError: "),
        (Odd(), "'led' raised Odd: its text raised ValueError"),
    ):
        with Reports() as reports:
            report("led", raised(error))
        assert reports.levels == [40] and words in reports, reports.texts


def test_a_packet_has_no_name():
    with Reports() as reports:
        fault(raised(IndexError("index out of range")))
    assert reports.texts == ["A packet from the cloud raised IndexError: index out of range"]


def test_telling_it_raises_nothing_where_memory_is_short():
    for error in (MemoryError("memory allocation failed"), OSError(28), RuntimeError()):
        broken = Broken(error)
        with Stands("logging", broken):
            report("led", raised(KeyError("t")))
            fault(raised(KeyError("t")))
        assert broken.asked >= 2


def test_telling_it_raises_nothing_where_its_module_cannot_be_loaded():
    # On MicroPython, memory first runs out at the import.
    broken = Broken(MemoryError())
    with Stands("arduino_iot_cloud.faults", broken):
        report("led", raised(KeyError("t")))
        fault(raised(KeyError("t")))
    assert broken.asked


def test_what_ends_a_program_goes_through():
    for error in (KeyboardInterrupt(), SystemExit(1)):
        with Stands("logging", Broken(error)):
            try:
                report("led", raised(KeyError("t")))
            except BaseException as other:
                assert other is error
            else:
                raise AssertionError("%r was swallowed" % error)


def test_the_traceback_is_shown():
    if sys.implementation.name == "micropython":
        return  # the console shows it, whatever sys.stdout is
    import contextlib
    import io

    shown = io.StringIO()
    with Reports(), contextlib.redirect_stderr(shown):
        report("led", raised(KeyError("t")))
    assert "Traceback" in shown.getvalue() and "test_faults" in shown.getvalue()


def test_telling_it_raises_nothing_where_there_is_no_memory_at_all():
    if sys.implementation.name != "micropython":
        return
    import micropython

    error = raised(KeyError("t"))
    for loaded in (True, False):
        if not loaded:
            port.forget("faults")
        micropython.heap_lock()
        try:
            port.report("led", error)
            port.report(None, error)
        finally:
            micropython.heap_unlock()


def test_telling_it_raises_nothing_where_the_console_is_gone():
    if sys.implementation.name == "micropython":
        return  # it has only the console

    class Gone:
        def write(self, text):
            raise BrokenPipeError()

        flush = write

    import contextlib

    with Stands("logging", Broken(OSError())), contextlib.redirect_stdout(Gone()), contextlib.redirect_stderr(Gone()):
        report("led", raised(KeyError("t")))
        fault(raised(KeyError("t")))
