"""Find out whether a connection that looks alive still works.

A cyw43 says "connected" for minutes after the access point is gone. So we ask the name server a question that every
name server answers, and open a TCP connection to the gateway, which accepts or refuses it. Either answer is proof.
"""

import asyncio
import errno
import select
import socket

from arduino_iot_cloud.port import const, log, ticks_diff, ticks_ms

from . import sleep_ms

# A question for the root name servers: id, recursion desired, one question; ".", NS, IN
_QUESTION = b"\x2a\x17\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01"
_LIMIT = const(3000)  # ms for an answer
_EVERY = const(60)  # s between probes, at least
_PAUSE = const(300)  # s of the next connection without a probe: in some networks nothing ever answers


def begin(wifi):
    """Check the connection of `wifi` in a task, unless that was done recently. Returns the task, or None."""
    if not wifi.connected or wifi._quiet_s:
        return None
    wifi._quiet_s = _EVERY
    return asyncio.create_task(_look_into(wifi))


async def _look_into(wifi):
    try:
        addresses = wifi._interface.ifconfig()
    except (OSError, RuntimeError):
        return
    try:
        for _ in range(2):
            if await answers(addresses[3], addresses[2]):
                return
    except OSError:  # no free socket proves nothing
        return
    if wifi.connected:
        log(30, "Wi-Fi: connected, but nothing answers: reconnecting.")
        wifi._quiet_s = _PAUSE
        wifi._broken = True


async def answers(server, gateway, ports=(53, 80), limit=_LIMIT) -> bool:
    """Whether the name server or the gateway (IPv4 addresses, str) answers within `limit` ms. Does not block.

    ports: (of the name server, of the gateway).
    """
    asked = []
    try:
        for address, number, kind in ((server, ports[0], socket.SOCK_DGRAM), (gateway, ports[1], socket.SOCK_STREAM)):
            s = socket.socket(socket.AF_INET, kind)
            asked.append((s, select.POLLIN if kind == socket.SOCK_DGRAM else select.POLLOUT))
            s.setblocking(False)
            if _begin(s, socket.getaddrinfo(address, number)[0][-1], kind):
                return True
        begun = ticks_ms()
        while ticks_diff(ticks_ms(), begun) < limit:
            await sleep_ms(50)
            for s, event in asked:
                if _answered(s, event):
                    return True
        return False
    finally:
        for s, _ in asked:
            s.close()


def _begin(s, address, kind):
    # Returns True if the answer comes at once.
    try:
        s.connect(address)
        if kind == socket.SOCK_STREAM:
            return True
        s.send(_QUESTION)
    except OSError as error:
        return error.errno == errno.ECONNREFUSED
    return False


def _answered(s, event):
    # An answer is a datagram, or a connection that is accepted or refused. UDP can be refused too.
    poll = select.poll()
    poll.register(s, event)
    for entry in poll.poll(0):
        if entry[1] & event and not entry[1] & (select.POLLERR | select.POLLHUP):
            return True
        try:
            s.recv(1)
        except OSError as error:
            return error.errno in (errno.ECONNREFUSED, errno.ECONNRESET)
        return True
    return False
