"""Read and write a board's files, and run programs on it, without the tested code."""

import ast
import base64

from mpremote.transport_serial import SerialTransport
from toolchain.paths import ROOT

_STANDINS = ROOT / "tests" / "support" / "standins"
_FIRMWARE = {
    "/lib/network.py": _STANDINS / "connected" / "network.py",
    "/lib/esp32.py": _STANDINS / "nvs" / "esp32.py",
}

_READ = """
import os
from binascii import b2a_base64
def read(folder):
    for entry in os.ilistdir(folder):
        path = folder + entry[0]
        if path == "/rom" or SKIP and path in ("/lib/arduino_iot_cloud", "/lib/arduino_cloud_board"):
            continue
        if entry[1] & 0x4000:
            read(path + "/")
        else:
            with open(path, "rb") as file:
                print((path, b2a_base64(file.read()).strip()))
read("/")
"""


def files_on(board, write=(), *, packages=False):
    """Return the board's files as {path: content}, with `packages` including the packages.

    First write the files in `write`, {path: content}.
    """
    transport = SerialTransport(board.port, timeout=10)
    try:
        transport.enter_raw_repl()
        for path in write:
            transport.fs_writefile(path, write[path])
        lines = transport.exec("SKIP = %r\n" % (not packages) + _READ).decode().splitlines()
        transport.exit_raw_repl()
    finally:
        transport.close()
    return {path: base64.b64decode(text) for path, text in map(ast.literal_eval, lines)}


def give_radio_and_nvs(board, root=""):
    """Give a board what its firmware would have: a connected radio, and an NVS. `root` is that of its flash."""
    files_on(board, write={root + path: source.read_bytes() for path, source in _FIRMWARE.items()})


def run_on(board, program):
    """Run a program on the board and return what it prints."""
    transport = SerialTransport(board.port, timeout=10)
    try:
        transport.enter_raw_repl()
        printed = transport.exec(program).decode()
        transport.exit_raw_repl()
        return printed
    finally:
        transport.close()
