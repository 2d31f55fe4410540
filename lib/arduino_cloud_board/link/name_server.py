"""Find out whether the name server answers, without blocking.

Looking up a name blocks: lwIP asks each name server for 7 s (src/core/dns.c). Two name servers take longer than an
RP2040's watchdog waits. So we first send the question ourselves, in a datagram.
"""

import select
import socket

from arduino_iot_cloud.port import const, ticks_diff, ticks_ms

from . import sleep_ms

_LIMIT = const(4000)  # ms for an answer
_AGAIN = const(1000)  # ms until the question is repeated: a datagram may get lost


async def silent(link, name: str) -> str:
    """The address of the name server of `link`, if it does not answer a question for `name` within 4 s; else "".

    Returns "" at once if `name` is an address or no name server is known. Raises OSError if the interface does not
    tell, without its text, which may show a password: then it is not known that a look-up would be short.
    """
    server = None
    try:
        server = link._interface.ifconfig()[3]
    except AttributeError:  # an object of the program
        return ""
    except (OSError, RuntimeError):
        pass
    if server is None:
        raise OSError("the interface does not tell its name server")
    if server in ("", "0.0.0.0") or all([c in "0123456789." for c in name]):
        return ""
    return "" if await answers(server, name) else server


async def answers(server: str, name: str, port: int = 53, limit: int = _LIMIT) -> bool:
    """Whether the name server at `server` (an IPv4 address) answers a question for `name` within `limit` ms. Any answer
    counts."""
    packet = question(name)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.setblocking(False)
        s.connect(socket.getaddrinfo(server, port)[0][-1])
        poll = select.poll()
        poll.register(s, select.POLLIN)
        begun = ticks_ms()
        asked = 0
        while True:
            passed = ticks_diff(ticks_ms(), begun)
            if passed >= limit:
                return False
            try:
                if passed >= asked:
                    asked += _AGAIN
                    s.send(packet)
                await sleep_ms(50)
                if poll.poll(0) and s.recv(12)[:2] == packet[:2]:
                    return True
            except OSError:  # not reachable: try again
                await sleep_ms(50)
    except OSError:  # no socket to ask with
        return False
    finally:
        s.close()


def question(name: str) -> bytes:
    """A question (bytes) for the IPv4 address of `name` (RFC 1035 section 4), with an id made from the time."""
    labels = b"".join([bytes((len(label),)) + label.encode() for label in name.split(".") if label])
    number = ticks_ms()
    return bytes((number >> 8 & 255, number & 255)) + b"\x01\0\0\x01\0\0\0\0\0\0" + labels + b"\0\0\x01\0\x01"
