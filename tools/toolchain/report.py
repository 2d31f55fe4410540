"""Print progress lines; the error that is shown as one line."""

import contextlib
import sys
import threading
import time

_print_lock = threading.Lock()


class ToolchainError(Exception):
    """A part could not be set up; the message is one line for a person."""


def say(text):
    """Print a progress line to stderr, in one piece even if several threads print."""
    with _print_lock:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


@contextlib.contextmanager
def step(title):
    """Print the start of a step, then how long it took; yields a list for remarks such as a size."""
    say("%s …" % title)
    begin = time.monotonic()
    remark = []
    yield remark
    took = "%.1f s" % (time.monotonic() - begin)
    say("%s … %s" % (title, ", ".join(remark + ["done in " + took])))


def megabytes(count):
    """A number of bytes as text: `3145728` -> `3.1 MB`."""
    return "%.1f MB" % (count / 1e6)


def first_error(output, marks=("E:", "ERROR:", "error:", "W:")):
    """The most telling line of a failed command's output."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for mark in marks:
        for line in lines:
            if line.startswith(mark):
                return line[len(mark) :].strip()
    return lines[-1] if lines else "no output"
