"""Provisions again and again until it comes to its end: each run dies, as if killed, at the next moment of its own.

Moments are: after each write to the notes, each file or change of settings that the board is given, and each change
that the cloud is asked for, before its answer is made use of. At each of them one run dies, without so much as a
`finally`. (What is before a change is after the one before it.)

    crashing.py the arguments of tools/provision

Prints the moments, one a line, and `done` when a run has come to its end.
"""

import json
import os
import sys
import tempfile
import traceback

from arduino_cloud_api.call import Call
from provisioning import board_link, command_line, journal, payload
from toolchain.mpy import version

_DEATH = 9
_MOST = 100


class Moments:
    """Those that a run has died at already, in a file that outlives it."""

    def __init__(self, path):
        self._path = path

    def seen(self):
        """Return all of them, in order."""
        with open(self._path) as file:
            return file.read().splitlines()

    def reach(self, name):
        """Die, if it is the first time here."""
        if name not in self.seen():
            with open(self._path, "a") as file:
                file.write(name + "\n")
            os._exit(_DEATH)

    def after(self, owner, name, describe):
        """Have a function of a module or class die after it; `describe` names a call, None: it does not count."""
        real = getattr(owner, name)

        def dying(*arguments, **named):
            what = describe(*arguments, **named)
            value = real(*arguments, **named)
            if what is not None:
                self.reach(what)
            return value

        setattr(owner, name, dying)

    def after_calls(self):
        """The same for what changes something in the cloud."""
        real = Call.all

        async def dying(call):
            value = await real(call)
            if call._request[0] != "GET" and not call._login:
                self.reach(call._name)
            return value

        Call.all = dying


def _note(path, data):
    return "noting %s" % "+".join(sorted(key for key in json.loads(data) if key != "cloud"))


def _run():
    # To its end, in a child: what stands behind the fork is the parent's.
    code = 1
    try:
        code = command_line.run(sys.argv[1:])
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    os._exit(code)


def main():
    """Run until one comes to its end; the exit code."""
    moments = Moments(tempfile.mkstemp()[1])
    moments.after(journal, "write_whole", _note)
    moments.after(board_link.BoardLink, "put", lambda self, path, *_: "putting " + path)
    changing = board_link._CHANGING
    moments.after(board_link.BoardLink, "run", lambda self, program, *_, **__: program if program in changing else None)
    moments.after(board_link.BoardLink, "write_romfs", lambda *_: "the whole image")
    moments.after_calls()
    package = payload.package((), version().bytecode)
    if "--romfs" not in sys.argv:
        # It is there already, and looking at one file of it after the other is what takes longest.
        package = payload.Payload({path: package.files[path] for path in sorted(package.files)[:4]})
    payload.package = lambda *_: package
    try:
        for _ in range(_MOST):
            child = os.fork()
            if not child:
                _run()
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if code != _DEATH:
                print("\n".join([*moments.seen(), "done" if code == 0 else "failed"]))
                return code
        return 1
    finally:
        os.unlink(moments._path)


sys.exit(main())
