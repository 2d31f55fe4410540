"""Device commands: a CBOR tag and an array of parameters, on /a/d/{D}/c/up and /c/dw.

Tags and layouts are those of the ArduinoIoTCloud C++ library 2.9.
"""

from .cbor import Reader, Writer
from .port import const


OTA_BEGIN = const(0x010000)
OTA_UPDATE = const(0x010100)
OTA_PROGRESS = const(0x010200)
THING_BEGIN = const(0x010300)
THING_UPDATE = const(0x010400)
LAST_VALUES_BEGIN = const(0x010500)
LAST_VALUES_UPDATE = const(0x010600)
DEVICE_BEGIN = const(0x010700)
TIMEZONE_UP = const(0x010800)
TIMEZONE_DOWN = const(0x010900)
THING_DETACH = const(0x011000)
DEVICE_NET_CONFIG = const(0x011100)
WIFI_FIRMWARE = const(0x012014)

# What comes down, a letter a parameter: t thing id, v last values, n integer, i OTA id, u URL, h hash.
_DOWN = {
    THING_UPDATE: "t",
    THING_DETACH: "t",
    LAST_VALUES_UPDATE: "v",
    TIMEZONE_DOWN: "nn",
    OTA_UPDATE: "iuhh",
}


def encode(tag: int, *params) -> bytes:
    """A command with its parameters (str, int, bytes); the state of OTA_PROGRESS goes as a simple value."""
    writer = Writer(b"")
    _write(writer, tag, params)  # counts
    writer = Writer(bytearray(writer.pos))
    _write(writer, tag, params)
    return bytes(writer.buf)


def _write(writer, tag, params):
    writer.head(6, tag)
    writer.head(4, len(params))
    for i in range(len(params)):
        if isinstance(params[i], bytes):
            writer.head(2, len(params[i]))
            writer.raw(params[i])
        elif tag == OTA_PROGRESS and i == 1:
            writer.head(7, params[i])
        else:
            writer.scalar(params[i])


def decode(buf, pos: int, end: int) -> tuple:
    """A command that came down, as (tag, parameter, ...). Raises CBORError for any other bytes.

    Missing parameters and wrong types are refused, further parameters ignored.
    """
    reader = Reader()
    reader.open(buf, pos, end)
    if reader.head() >> 5 != 6:
        reader.fail("a command is a tag")
    command = [reader.arg]
    kinds = _DOWN.get(reader.arg)
    if kinds is None:
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
    return tuple(command)
