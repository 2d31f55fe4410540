"""Portable tests (tests/unit) as pytest items: one per test function and interpreter.

pytest itself runs them on CPython. For each MicroPython one process runs all wanted tests of
a file, and every item shows its part of that process's report.
"""

import ast
import asyncio
import inspect
import linecache
import re
import subprocess
from pathlib import Path

import pytest
from toolchain.paths import BIN, LIB, ROOT
from xdist.scheduler import LoadScopeScheduling

UNIT = ROOT / "tests" / "unit"
SHARED = Path(__file__).parent
RUNNER = SHARED / "portable.py"
RECORD = "\x1e"
TIMEOUT = 60


def settings(path):
    """Return the module's constants and test functions without importing it."""
    found = {"tests": []}
    for node in ast.parse(path.read_text(), str(path)).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
            if node.args.args:
                raise SyntaxError("%s: portable tests take no arguments: %s" % (path, node.name))
            found["tests"].append(node.name)
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("HEAPSIZE", "ONLY", "TIMEOUT"):
            found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


def is_portable(path):
    """Return whether a file has portable tests."""
    return UNIT in path.parents and path.match("test_*.py")


def wanted_on(path, interpreter):
    """Return whether the module is for this interpreter, `cpython` or `micropython`."""
    only = settings(path).get("ONLY", interpreter)
    return interpreter in ((only,) if isinstance(only, str) else only)


class Nothing(pytest.Module):
    """Replaces a module that is not for CPython, and must not even be imported there."""

    def collect(self):
        return []


class MicroPythonFile(pytest.File):
    """The tests of one file on one MicroPython."""

    def __init__(self, *, bits, **kwargs):
        super().__init__(**kwargs)
        self.bits = bits
        self.settings = {}
        self.results = None

    def collect(self):
        self.settings = settings(self.path)
        for name in self.settings["tests"]:
            yield MicroPythonItem.from_parent(self, name="%s[mp%d]" % (name, self.bits), test=name)

    def result(self, test):
        """Return (passed, report) of one test. The first call runs the process."""
        if self.results is None:
            wanted = [item.test for item in self.session.items if item.parent is self]
            self.results = self._run(wanted)
        return self.results[test]

    def _run(self, names):
        command = [str(BIN / ("micropython%d" % self.bits))]
        if "HEAPSIZE" in self.settings:
            command += ["-X", "heapsize=" + self.settings["HEAPSIZE"]]
        command += [str(RUNNER), str(self.path.parent), self.path.stem] + names
        environment = {"MICROPYPATH": "%s:%s:.frozen" % (LIB, SHARED), "PATH": "/usr/bin:/bin"}
        timeout = self.settings.get("TIMEOUT", TIMEOUT)
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                timeout=timeout,
            )
            output, end = done.stdout, "exit code %d" % done.returncode
        except subprocess.TimeoutExpired as error:
            output, end = error.stdout or b"", "no end within %s s" % timeout
        return parse_report(output.decode("utf-8", "replace"), names, end)


def parse_report(output, names, end):
    """Turn the runner's output into {test: (passed, its output)}. A test without a verdict has failed."""
    results = {}
    before, *records = output.split("\n" + RECORD)
    running, text = None, before
    for record in records:
        line, _, rest = record.partition("\n")
        verdict, _, name = line.strip().partition(" ")
        if verdict == "RUN":
            running, text = name, rest
        else:
            results[name] = (verdict == "PASS", text)
            running, text = None, rest
    for name in names:
        if name not in results:
            what = text if running in (name, None) else "not reached, since %s did not end" % running
            results[name] = (False, "%s\nMicroPython: %s" % (what.strip(), end))
    return results


def with_source(report):
    """Make MicroPython's report readable: the error first, then the traceback with its lines of source."""
    lines = [line for line in report.splitlines() if str(RUNNER) not in line]
    shown = lines[-1:] + [""]
    for line in lines[:-1]:
        shown.append(line)
        place = re.match(r'\s+File "(/[^"]+)", line (\d+)', line)
        if place:
            source = linecache.getline(place.group(1), int(place.group(2))).strip()
            shown += ["    " + source] if source else []
    return "\n".join(shown)


class Failed(Exception):
    """A portable test failed. It carries MicroPython's report."""


class MicroPythonItem(pytest.Item):
    """One portable test on one MicroPython."""

    def __init__(self, *, test, **kwargs):
        super().__init__(**kwargs)
        self.test = test

    def runtest(self):
        passed, report = self.parent.result(self.test)
        if not passed:
            raise Failed(report)
        if report.strip():
            self.add_report_section("call", "stdout", report)

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, Failed):
            return with_source(str(excinfo.value).strip())
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, None, self.name


def _time_limit(item):
    """Return the seconds of an item's own time limit, 0 if it has none."""
    mark = item.get_closest_marker("timeout")
    return mark.args[0] if mark else 0


class _Scheduling(LoadScopeScheduling):
    """For pytest-xdist: tests that share a MicroPython process go to one worker, the rest anywhere."""

    def _split_scope(self, nodeid):
        for mark in ("[mp32]", "[mp64]"):
            if nodeid.endswith(mark) and "/unit/" in nodeid:
                return nodeid.partition("::")[0] + mark
        return nodeid

    def schedule(self):
        """Hand out the scopes in the order of collection, not the largest first."""
        self.config.option.loadscopereorder = False
        super().schedule()


class OnMicroPython:
    """A pytest plugin that collects the portable tests for one MicroPython."""

    def __init__(self, bits):
        self.bits = bits

    def pytest_collect_file(self, file_path, parent):
        if not is_portable(file_path) or not wanted_on(file_path, "micropython"):
            return None
        return MicroPythonFile.from_parent(parent, path=file_path, bits=self.bits)


class OnCPython:
    """A pytest plugin for what pytest does not do itself: `async def`, modules not for CPython, scheduling.

    Tests with their own time limit take long. They begin first, so that none is still running when all else is done.
    """

    @staticmethod
    def pytest_collection_modifyitems(items):
        items.sort(key=lambda item: -_time_limit(item))

    @staticmethod
    def pytest_pycollect_makemodule(module_path, parent):
        if is_portable(module_path) and not wanted_on(module_path, "cpython"):
            return Nothing.from_parent(parent, path=module_path)
        return None

    @staticmethod
    def pytest_pyfunc_call(pyfuncitem):
        """Run an `async def` test, portable or not, in a new event loop."""
        if not inspect.iscoroutinefunction(pyfuncitem.obj):
            return None
        names = pyfuncitem._fixtureinfo.argnames
        asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
        return True

    @staticmethod
    def pytest_xdist_make_scheduler(config, log):
        return _Scheduling(config, log)
