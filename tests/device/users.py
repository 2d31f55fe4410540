"""Programs on the users' side, as a process of any interpreter."""

import ast

from devices import FOLDER

PROGRAM = """\
from program import *
from program import run
from arduino_iot_cloud import ArduinoIoTCloud, CloudError
cloud = None
class User:
    async def run(self):
        global cloud
        options = dict(%r)
        options.update(on_connected=lambda: print("connected"), on_disconnect=lambda why: print("lost:", why))
        try:
            cloud = await ArduinoIoTCloud.connect(**options)
        except CloudError as error:
            print("refused:", error.args[0])
            return
        print("ready")
        while cloud:
            await asyncio.sleep(0.05)
async def leave():
    global cloud
    await cloud.disconnect()
    print("left")
    cloud = None
%s
run(User(), globals())
"""


class UserProgram:
    """A program around an ArduinoIoTCloud, which takes orders as devices.Device does."""

    def __init__(self, interpreter, path, options, more=""):
        path.write_text(PROGRAM % (options, more))
        self.process = interpreter.start(path, path=[FOLDER])
        self._asked = 0
        self._read = 0

    @property
    def output(self):
        return self.process.stdout + self.process.stderr

    def wait_for(self, pattern, timeout=15):
        return self.process.wait_for(pattern, timeout)

    def wait_for_next(self, pattern, timeout=15):
        match = self.process.wait_for(pattern, timeout, start=self._read)
        self._read = match.end()
        return match

    def do(self, statement):
        self.process.send(statement + "\n")

    def ask(self, expression):
        """The value of an expression there, which may be awaited with `await `."""
        self._asked += 1
        self.do("print('answer %d', repr((%s)))" % (self._asked, expression))
        answer = self.wait_for(r"^answer %d (.*)\n|^order failed.*\n" % self._asked)
        assert answer.group(1) is not None, self.output
        return ast.literal_eval(answer.group(1))

    def publish(self, path, value):
        """Publish, and wait until it has arrived."""
        self.do("later(cloud.property(*%r).publish(%r))" % (path, value))
        self.wait_for_next(r"^result True\n")
