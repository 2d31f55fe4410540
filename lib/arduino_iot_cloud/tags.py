"""The tags of the device commands, each once, in the numbers of the ArduinoIoTCloud C++ library 2.9.

Comes and goes with the modules that use it: these import it at that moment, and the driver unloads it.
"""

# Name, tag, and for what comes down a letter a parameter:
# t thing id, v last values, n integer, i OTA id, u URL, h hash. In one string, which is small.
_COMMANDS = """OtaBegin 010000
OtaUpdate 010100 iuhh
OtaProgress 010200
ThingBegin 010300
ThingUpdate 010400 t
LastValuesBegin 010500
LastValuesUpdate 010600 v
DeviceBegin 010700
TimezoneUp 010800
TimezoneDown 010900 nn
ThingDetach 011000 t
DeviceNetConfig 011100
WiFiFWVersion 012014"""


def find(word: str):
    """The row of a command by its name or its tag (six hexadecimal digits): a list of name, tag and, for what comes
    down, the kinds of its parameters. None for no command."""
    for row in _COMMANDS.split("\n"):
        row = row.split(" ")
        if word in row:
            return row
    return None


def tag(name: str) -> int:
    """The tag of a command."""
    return int(find(name)[1], 16)


def begin(name: str) -> bytes:
    """The first bytes of a command: the head of its tag."""
    return b"\xda" + tag(name).to_bytes(4, "big")
