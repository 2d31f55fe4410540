"""Device commands: a CBOR tag and an array of parameters, on /a/d/{D}/c/up and /c/dw.

Tags and layouts are those of the ArduinoIoTCloud C++ library 2.9.
"""

from .cbor import Reader, Writer
# Name -> tag, and for what comes down a letter a parameter:
# t thing id, v last values, n integer, i OTA id, u URL, h hash.
_COMMANDS = {
    "OtaBegin": (0x010000, None),
    "OtaUpdate": (0x010100, "iuhh"),
    "OtaProgress": (0x010200, None),
    "ThingBegin": (0x010300, None),
    "ThingUpdate": (0x010400, "t"),
    "LastValuesBegin": (0x010500, None),
    "LastValuesUpdate": (0x010600, "v"),
    "DeviceBegin": (0x010700, None),
    "TimezoneUp": (0x010800, None),
    "TimezoneDown": (0x010900, "nn"),
    "ThingDetach": (0x011000, "t"),
    "DeviceNetConfig": (0x011100, None),
    "WiFiFWVersion": (0x012014, None),
}


def encode(name: str, *params) -> bytes:
    """The command of that name with its parameters (str, int, bytes); OtaProgress has its state as a simple value.

    Raises KeyError for an unknown name.
    """
    writer = Writer(b"")
    _write(writer, name, params)  # counts
    writer = Writer(bytearray(writer.pos))
    _write(writer, name, params)
    return bytes(writer.buf)


def _write(writer, name, params):
    writer.head(6, _COMMANDS[name][0])
    writer.head(4, len(params))
    for i in range(len(params)):
        if isinstance(params[i], bytes):
            writer.head(2, len(params[i]))
            writer.raw(params[i])
        elif i == 1 and name == "OtaProgress":
            writer.head(7, params[i])
        else:
            writer.scalar(params[i])


def decode(buf, pos: int, end: int) -> list:
    """A command that came down: [name, parameter, ...]. Raises CBORError for any other bytes.

    Missing parameters and wrong types are refused, further parameters ignored.
    """
    reader = Reader()
    reader.open(buf, pos, end)
    if reader.head() >> 5 != 6:
        reader.fail("a command is a tag")
    command = []
    for name in _COMMANDS:
        tag, kinds = _COMMANDS[name]
        if tag == reader.arg and kinds:
            command.append(name)
            break
    else:
        reader.fail("unknown command")
    if reader.head() >> 5 != 4:
        reader.fail("parameters are an array")
    n = reader.arg
    for kind in kinds:
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
