"""Open a board's port, and get MicroPython to listen there, whatever the board is doing.

One cause, one sentence: a port that is missing, closed to us, in use, gone or no serial port; a board that is silent,
that runs a program which catches Ctrl-C, that is in its boot loader, or that does not speak MicroPython.
"""

import contextlib
import errno
import grp
import os
import struct
import time
from typing import Any

import serial
from localcloud.cli.exits import CommandError
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from . import ports

ANSWER_S = 10  # for each byte of an answer that is due at once
TROUBLE = (TransportError, OSError, ValueError, struct.error)  # raised by mpremote if the line is cut or noisy
_TRY_S = 12  # for all attempts to interrupt a program
_FIRST_S = 2  # for a program that cleans up when it is interrupted
_NEXT_S = 0.6
_BOOT_S = 10  # for the reset, and for boot.py
_RAW = b"raw REPL; CTRL-B to exit\r\n"
_RESET = b"soft reboot\r\n"
_NEVER = b"\0never\0"  # to read for a time
_START = b"\r\x03\x03\x02\x04"  # end a program or an input line, leave the raw REPL, restart
_GONE = (errno.ENXIO, errno.ENODEV, errno.EIO)
_HOW = "press its reset button while this command tries for %d seconds: docs/provisioning.md" % _TRY_S


class PortLost(CommandError):
    """The board was disconnected, or does not answer."""


def reach(port: str) -> SerialTransport:
    """Open the port, interrupt what runs there, and reset the board softly. It is then in the raw REPL.

    Raises PortLost.
    """
    transport = _interrupted(port, _opened(port))
    try:
        reset(port, transport)
    except BaseException:
        release(transport)
        raise
    return transport


def release(transport: SerialTransport) -> None:
    """Start the board's own program, as after power-on, and close the port."""
    with contextlib.suppress(OSError):  # already disconnected
        transport.serial.write(_START)
    with contextlib.suppress(OSError):
        transport.close()


def _opened(port: str) -> SerialTransport:
    try:
        transport = SerialTransport(port, timeout=ANSWER_S)
    except TROUBLE:
        raise PortLost("cannot open %s: %s" % (port, _why_closed(port))) from None
    transport.serial.write_timeout = ANSWER_S
    return transport


def _why_closed(port: str) -> str:
    # mpremote does not say. So ask once more, in its way.
    try:
        serial.serial_for_url(port, exclusive=True).close()
    except ValueError:  # pyserial's, about what comes before ://
        return "expected a port such as /dev/ttyACM0 or rfc2217://host:port"
    except OSError as error:
        if "://" in port:
            return str(error).rpartition(": ")[2]
        return _words(port, error.errno)
    return "it could be opened at the second attempt only; give the command again"


def _words(port: str, code: int | None) -> str:
    if code == errno.ENOENT:
        others = ", ".join(sorted(each.device for each in ports.connected()))
        return "there is no such port; " + ("there is " + others if others else "no board is connected by USB")
    if code in (errno.EACCES, errno.EPERM):
        return "no permission; %s, and log in again" % _group(port)
    if code in (errno.EBUSY, errno.EAGAIN):
        return "another program uses it, such as a serial monitor; close that first"
    if code in _GONE:
        return "no board is behind it any more; plug it in again"
    return "it is not a serial port"


def _group(port: str) -> str:
    try:
        group = grp.getgrgid(os.stat(port).st_gid).gr_name
    except (OSError, KeyError):
        group = "dialout"
    return "add yourself to the group %s (sudo usermod -aG %s $USER)" % (group, group)


def _interrupted(port: str, transport: SerialTransport) -> SerialTransport:
    """Interrupt the program until the raw REPL answers. Return the transport: a new one if the port came back."""
    said = bytearray()
    deadline = time.monotonic() + _TRY_S
    burst: tuple[float, ...] = (0,)
    seconds: float = _FIRST_S
    try:
        while time.monotonic() < deadline:
            try:
                # After the first time several, at growing distances: a program may catch one and be busy with that at
                # the next, and a board that was just reset has not begun with its program yet.
                for pause in burst:
                    transport.serial.write(b"\r\x03")
                    time.sleep(pause)
                transport.serial.write(b"\r\x01")
                if _await(transport, _RAW + b">", seconds, said):
                    return transport
            except OSError:
                transport = _again(port, transport, deadline)
            burst, seconds = (0.01, 0.03, 0.1, 0.2), _NEXT_S
        raise PortLost("%s: %s" % (port, _why_silent(port, bytes(said))))
    except BaseException:  # Ctrl-C too: the board's program may have been interrupted already
        release(transport)
        raise


def _again(port: str, transport: SerialTransport, deadline: float) -> SerialTransport:
    # A reset takes the port of many boards away for a moment.
    with contextlib.suppress(OSError):
        transport.close()
    while time.monotonic() < deadline:
        try:
            return _opened(port)
        except PortLost:
            time.sleep(0.05)
    raise PortLost("%s: the port has vanished: the board was unplugged" % port)


def _await(transport: SerialTransport, ending: bytes, seconds: float, said: bytearray) -> bool:
    """Read until this ending, and add what was read to `said`; return whether it came."""
    deadline = time.monotonic() + seconds
    data = bytearray()
    transport.serial.timeout = 0.05
    try:
        while not data.endswith(ending):
            if time.monotonic() >= deadline:
                return False
            byte = transport.serial.read(1)
            data += byte
            said += byte
    finally:
        del said[:-4096]
        with contextlib.suppress(OSError):
            transport.serial.timeout = ANSWER_S
    return True


def _why_silent(port: str, said: bytes) -> str:
    """Return why nobody answers in the raw REPL, from all that came instead."""
    known, boot_loader = ports.board_at(port)
    if boot_loader or b"ownload" in said or b"DOWNLOAD" in said:
        return "the board is in its boot loader; press its reset button, and give the command again"
    catches = "a program runs that catches Ctrl-C, as a bare `except:` does; " + _HOW
    if known or any(word in said for word in (b"MicroPython", b">>> ", b"Traceback", b"KeyboardInterrupt")):
        return catches
    if not said:
        return "nothing answers; without MicroPython on the board, install it: boards/README.md; with it, " + catches
    if sum(byte in b"\t\r\n\x1b" or 32 <= byte < 127 for byte in said) * 10 < len(said) * 9:
        return "what comes is no text: this is not MicroPython, or not its serial port"
    return "a program prints there, and no Ctrl-C ends it; if it is in MicroPython, " + _HOW


def reset(port: str, transport: SerialTransport) -> None:
    """Reset the board softly from its raw REPL, into which it comes back. Its main.py does not run, its boot.py does.

    Raises PortLost.
    """
    said = bytearray()
    try:
        transport.serial.write(b"\x04")
        if not _await(transport, _RESET, _BOOT_S, said):
            raise PortLost("%s: the board does not reset" % port)
        if not _await(transport, _RAW, _BOOT_S, said):
            _end_boot(port, transport, said)
    except OSError as error:
        raise PortLost(lost(port, error)) from None
    transport.in_raw_repl = True


def _end_boot(port: str, transport: SerialTransport, said: bytearray) -> None:
    for _ in range(5):
        for pause in (0, 0.05, 0.2):
            transport.serial.write(b"\x03")
            time.sleep(pause)
        if _await(transport, _RAW + b">", 1, said):
            # The last of them may have come after its end. What that says is not an answer to what is asked next.
            _await(transport, _NEVER, 0.3, said)
            transport.serial.write(b"\x01")
            _await(transport, _RAW, 1, said)
            return
    raise PortLost("%s: the board's boot.py does not end, and catches Ctrl-C; %s" % (port, _HOW))


def lost(port: str, error: Any) -> str:
    """Return what has happened to a board that did answer, from the exception of mpremote or pyserial."""
    if isinstance(error, serial.SerialTimeoutException):
        return "%s: the board takes no more bytes: it hangs" % port
    if isinstance(error, OSError):
        return "%s: the port has vanished: the board was unplugged, or its watchdog has reset it" % port
    text = str(error)
    if isinstance(error, struct.error) or "timeout" in text or text.endswith("b''") or "could not enter" in text:
        return "%s: the board does not answer any more: it hangs, or its watchdog has reset it" % port
    return "%s: the board's answers are garbled: another program uses the port, or the line is noisy" % port
