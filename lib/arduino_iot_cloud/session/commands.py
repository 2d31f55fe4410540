"""Device commands: a CBOR tag and an array of parameters, on /a/d/{D}/c/up and /c/dw.

Layouts are those of the ArduinoIoTCloud C++ library 2.9.

Temporary: the session imports it to decode a command, and unloads it before it acts on that.
"""

from .. import cbor
from ..cbor import Reader
from ..port import const

# The commands: name, tag (the C++ library's number) and, for those that come down, a letter for each parameter:
# t thing id, v last values, n integer, i OTA id, u URL, h hash. One string takes the least memory.
_COMMANDS = const("""OtaBegin 010000
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
WiFiFWVersion 012014""")


def find(value: str):
    """Return a command by its name or its tag (six hexadecimal digits): a list of name, tag and, if it comes down, the
    kinds of its parameters; None if there is none."""
    for row in _COMMANDS.splitlines():
        row = row.split(" ")
        if value in row:
            return row
    return None


def encode(name: str, *params) -> bytes:
    """Encode the command of that name with its parameters (str, int, bytes). Raises KeyError for an unknown name.

    The second parameter of OtaProgress, its state, is encoded as a simple value.
    """
    row = find(name)
    if row is None:
        raise KeyError(name)
    return bytes(cbor.encode(_write, row, params))


def _write(writer, row, params):
    writer.head(6, int(row[1], 16))
    writer.head(4, len(params))
    for i in range(len(params)):
        if isinstance(params[i], bytes):
            writer.head(2, len(params[i]))
            writer.raw(params[i])
        elif i == 1 and row[0] == "OtaProgress":
            writer.head(7, params[i])
        else:
            writer.scalar(params[i])


def decode(buf, pos: int, end: int) -> list:
    """Decode a command from the cloud: [name, parameter, ...]. Raises CBORError for anything else.

    It refuses missing parameters and wrong types, and ignores further parameters.
    """
    reader = Reader()
    reader.open(buf, pos, end)
    if reader.head() >> 5 != 6:
        reader.fail("a command is a tag")
    row = find("%06x" % reader.arg)
    if row is None or len(row) < 3:
        reader.fail("unknown command")
    command = [row[0]]
    if reader.head() >> 5 != 4:
        reader.fail("parameters are an array")
    n = reader.arg
    for kind in row[2]:
        if not n or n < 0 and reader.at_break():
            reader.fail("parameter missing")
        n -= n > 0
        param = reader.item()
        if kind == "n":
            good = type(param) is int
        elif kind in "tu":
            good = isinstance(param, str) and len(param.encode()) <= (36 if kind == "t" else 255)
        else:
            good = isinstance(param, bytes) and (
                kind == "v" or (len(param) == 32 if kind == "h" else len(param) <= 16)
            )
        if not good:
            reader.fail("parameter of a wrong type or length")
        command.append(param)
    return command
