"""Provisions until a run completes. Each run before dies, as if killed, at the next moment of its own.

There is a moment after each write to the notes, after each file or change of settings on the board, and after each
change in the cloud, before its answer is used. One run dies at each of them, without even a `finally`. (What comes
before a change also comes after the previous one.)

crashing.py the arguments of tools/provision

Prints the moments, one a line, and then `done` if the last run succeeded.
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
    """The moments at which a run has died, in a file that outlives it."""

    def __init__(self, path):
        self._path = path

    def seen(self):
        """Return all of them, in order."""
        with open(self._path) as file:
            return file.read().splitlines()

    def reach(self, name):
        """Die if no run has died here yet."""
        if name not in self.seen():
            with open(self._path, "a") as file:
                file.write(name + "\n")
            os._exit(_DEATH)

    def after(self, owner, name, describe):
        """Make a function of a module or class die after its call, if `describe` gives that moment a name."""
        real = getattr(owner, name)

        def dying(*arguments, **named):
            what = describe(*arguments, **named)
            value = real(*arguments, **named)
            if what is not None:
                self.reach(what)
            return value

        setattr(owner, name, dying)

    def after_calls(self):
        """Do the same for calls that change something in the cloud."""
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
    # In a child to its very end: the code after the fork is the parent's.
    code = 1
    try:
        code = command_line.run(sys.argv[1:])
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    os._exit(code)


def main():
    """Run until a run completes, and return the exit code."""
    moments = Moments(tempfile.mkstemp()[1])
    moments.after(journal, "write_whole", _note)
    moments.after(board_link.BoardLink, "put", lambda self, path, *_: "putting " + path)
    changing = board_link._CHANGING
    moments.after(board_link.BoardLink, "run", lambda self, program, *_, **__: program if program in changing else None)
    moments.after(board_link.BoardLink, "write_romfs", lambda *_: "the whole image")
    moments.after_calls()
    package = payload.package((), version().bytecode)
    if "--romfs" not in sys.argv:
        # The board has the package already, and checking its files one by one would take longest.
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
