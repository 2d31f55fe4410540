"""Check that programs run, and wrap those of the machine in `.cache/bin`."""

import subprocess

from .installed import write_whole
from .report import ToolchainError


def check_answer(title, command, option, mark, timeout=20, even_failing=False):
    """Raise ToolchainError unless `command option` prints `mark` and, unless `even_failing`, succeeds."""
    try:
        done = subprocess.run([str(command), option], capture_output=True, encoding="utf-8", timeout=timeout)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolchainError("%s does not run: %s" % (title, error))
    if mark not in done.stdout or (done.returncode and not even_failing):
        raise ToolchainError("%s does not run: %s" % (title, (done.stderr or done.stdout).strip()))


def wrap_installed(program, wrapper, check):
    """Write the script `wrapper`, which runs a program of the machine, and call `check(wrapper)`."""
    write_whole(wrapper, '#!/bin/sh\nexec "%s" "$@"\n' % program, executable=True)
    check(wrapper)
