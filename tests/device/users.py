"""Programs on the users' side as child processes, on any interpreter."""

from devices import FOLDER, Program

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


class UserProgram(Program):
    """A program around an ArduinoIoTCloud."""

    WAIT = 15

    def __init__(self, interpreter, path, options, more=""):
        path.write_text(PROGRAM % (options, more))
        super().__init__(interpreter.start(path, path=[FOLDER]))

    def publish(self, path, value):
        """Publish a value and wait until it has arrived."""
        self.do("later(cloud.property(*%r).publish(%r))" % (path, value))
        self.wait_for_next(r"^result True\n")
