"""A device program as a child process. The test writes its middle part and gives it orders while it runs."""

import ast
import re
import time

from toolchain.paths import ROOT

FOLDER = ROOT / "tests" / "support" / "device"
DEVICE_ID = "d0d0d0d0-1111-4222-8333-d0d0d0d0d0d0"
SECRET = "a-secret-of-no-importance"
USERS = {DEVICE_ID: SECRET, "opposite": "opposite"}  # the users of these tests' brokers

_PROGRAM = """\
from program import *

client = ArduinoCloudClient(**%r)
%s
run(client, globals(), **%r)
"""


def wait_for_log(broker, pattern, count=1, timeout=30):
    """Wait until a broker has logged `count` lines that match and return the matches."""
    deadline = time.monotonic() + timeout
    while True:
        found = re.findall(pattern, broker.log)
        if len(found) >= count:
            return found
        assert time.monotonic() < deadline, "%d of %d times %r in %s" % (len(found), count, pattern, broker.log)
        time.sleep(0.01)


class Program:
    """A program that begins with program.py, in a process that takes orders."""

    WAIT = 10  # seconds, unless a call gives another time

    def __init__(self, process):
        self.process = process
        self._asked = 0
        self._read = 0

    @property
    def output(self):
        """Everything it has printed and logged."""
        return self.process.stdout + self.process.stderr

    def wait_for(self, pattern, timeout=None):
        """Wait until a line of its whole output matches and return the match."""
        return self.process.wait_for(pattern, timeout or self.WAIT)

    def wait_for_next(self, pattern, timeout=None):
        """Like `wait_for`, but look only behind the match of the last call."""
        match = self.process.wait_for(pattern, timeout or self.WAIT, start=self._read)
        self._read = match.end()
        return match

    def do(self, statement):
        """Make it execute a line."""
        self.process.send(statement + "\n")

    def ask(self, expression, timeout=None):
        """Return the value of an expression in it. On the users' side the expression may begin with `await `."""
        self._asked += 1
        self.do("print('answer %d', repr((%s)))" % (self._asked, expression))
        answer = self.wait_for(r"^answer %d (.*)\n|^order failed.*\n" % self._asked, timeout)
        assert answer.group(1) is not None, self.output
        return ast.literal_eval(answer.group(1))


class Device(Program):
    """A program around an ArduinoCloudClient.

    setup      the program between the construction of `client` and `run`; it registers the variables
    run        arguments of `client.run`
    arguments  arguments of ArduinoCloudClient; by default a plain connection to `broker`
    """

    def __init__(self, interpreter, path, setup, broker=None, run=None, path_folders=(), heap=None, **arguments):
        arguments.setdefault("device_id", DEVICE_ID)
        arguments.setdefault("username", arguments["device_id"])
        arguments.setdefault("password", SECRET)
        arguments.setdefault("ssl_params", None)
        if broker is not None:
            arguments.setdefault("server", broker.host)
            arguments.setdefault("port", broker.port)
        arguments = {name: value for name, value in arguments.items() if value is not ...}
        path.write_text(_PROGRAM % (arguments, setup, run or {}))
        self.id = arguments["device_id"]
        super().__init__(interpreter.start(path, path=[FOLDER, *path_folders], heap=heap))

    def wait_until(self, expression, timeout=10):
        """Wait until an expression is true in it. The program checks it every 10 ms."""
        self._asked += 1
        self.do("until(lambda: %s, %d)" % (expression, self._asked))
        self.wait_for(r"^until %d\n" % self._asked, timeout)

    def stop(self, timeout=10):
        """Call `client.stop()` and wait until the program ends."""
        self.do("client.stop()")
        self.wait_for(r"^ended\n", timeout)
        assert self.process.wait(timeout).returncode == 0
