"""The time from an NTP server (SNTP, RFC 4330): without blocking the event loop, or in one blocking call.

An answer counts only if it comes from a server (mode 4) whose own clock is set, and repeats the random
number of the question.

Temporary: a driver imports it if the clock is not set. It unloads itself after the last question.
"""

import asyncio
import os
import socket
from time import gmtime

from . import port
from .port import MICROPYTHON, const, forget, log, ticks_diff, ticks_ms

_PORT = const(123)
_FROM_1900 = const(2208988800)  # seconds to 1970
_PACKET = const(48)

_asking = 0  # how many tasks wait for an answer


class _Question:
    # One question to one server: the packet that asks, and the time in the answer.
    def __init__(self):
        # 8 random bytes, which the server repeats, in place of this device's time, which it need not know.
        self.packet = b"\xe3" + bytes(39) + os.urandom(8)
        self.begin = ticks_ms()

    def answer(self, data):
        """Return the Unix time in an answer. Raises ValueError for anything else."""
        if len(data) < _PACKET:
            raise ValueError("a short answer")
        if data[24:32] != self.packet[40:48]:
            raise ValueError("an answer to another question")
        if data[0] & 7 != 4 or data[0] >> 3 & 7 not in (3, 4):
            raise ValueError("not from a server")
        if data[1] == 0:
            raise ValueError("a refusal")  # "kiss of death"
        if data[1] > 15 or data[0] >> 6 == 3:
            raise ValueError("the server's own clock is not set")
        seconds = int.from_bytes(data[40:44], "big")
        if not seconds:
            raise ValueError("no time")
        if seconds < 1 << 31:
            seconds += 1 << 32  # from 2036 on
        # In ms: the fraction of the second, and half of the round trip
        late = (data[44] * 1000 >> 8) + ticks_diff(ticks_ms(), self.begin) // 2
        return seconds - _FROM_1900 + late // 1000


def _address(server):
    # "name" or "name:port"
    name, _, number = server.partition(":")
    return name, int(number or _PORT)


def _open(address):
    s = socket.socket(address[0], socket.SOCK_DGRAM)
    try:
        s.connect(address[-1])  # so that answers from other servers do not get through
    except BaseException:
        s.close()
        raise
    return s


def set_rtc(now: int):
    """Set the clock to a Unix time, in UTC. On a computer, where a program may not do that, set `port.offset`, which
    `port.timestamp` adds until the clock is set."""
    try:
        from machine import RTC
    except ImportError:
        port.offset = now - port.EPOCH - int(port.time())
    else:
        t = gmtime(now - port.EPOCH)
        RTC().datetime((t[0], t[1], t[2], t[6] + 1, t[3], t[4], t[5], 0))  # weekday: 1 is Monday


def _set(server, now):
    set_rtc(now)
    log(20, "The clock is set from %s." % server)
    return True


def _failed(server, error):
    from .diagnosis import reason

    log(40, "The clock could not be set from %s: %s." % (server, reason(error)))
    del reason
    forget("diagnosis")  # what comes next is a TLS handshake, which needs the heap
    return False


async def sync_time(server: str, timeout: float) -> bool:
    """Set the clock from an NTP server ("name" or "name:port"), within `timeout` seconds. Returns whether it succeeded.

    It blocks nothing else, except during the look-up of the name on some ports.
    """
    global _asking
    _asking += 1
    try:
        done = _set(server, await asyncio.wait_for(_ask(server), timeout))
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        done = _failed(server, error)
    finally:
        _asking -= 1
    if not _asking:
        forget("network_time")
    return done


async def _ask(server):
    question = _Question()
    name, number = _address(server)
    if MICROPYTHON:
        address = socket.getaddrinfo(name, number, 0, socket.SOCK_DGRAM)[0]
    else:
        address = (await asyncio.get_running_loop().getaddrinfo(name, number, type=socket.SOCK_DGRAM))[0]
    s = _open(address)
    try:
        s.setblocking(False)
        s.send(question.packet)
        while True:
            if MICROPYTHON:
                from .stream import Stream

                await Stream(s)
                data = s.recv(_PACKET)
            else:
                data = await asyncio.get_running_loop().sock_recv(s, _PACKET)
            try:
                return question.answer(data)
            except ValueError as error:
                log(30, "NTP: %s." % error)  # the real answer may still arrive
    finally:
        s.close()


def set_clock(server: str, timeout: float) -> bool:
    """Set the clock as `sync_time` does, but block until that is done."""
    try:
        question = _Question()
        name, number = _address(server)
        s = _open(socket.getaddrinfo(name, number, 0, socket.SOCK_DGRAM)[0])
        try:
            s.settimeout(timeout)
            s.send(question.packet)
            done = _set(server, question.answer(s.recv(_PACKET)))
        finally:
            s.close()
    except (OSError, ValueError) as error:
        done = _failed(server, error)
    if not _asking:
        forget("network_time")
    return done
