"""The PROXY protocol, versions 1 and 2: with it a proxy says, before everything else, who has connected to it.

https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
"""

import asyncio
import ipaddress
import socket
import struct

from ..reach.proxies import UNKNOWN, plain

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_WORD = b"PROXY "
_LONGEST_LINE = 107
_MOST_ADDED = 4096
_LOCAL, _PROXY = 0x20, 0x21
_BYTES_OF_ADDRESS = {0x11: 4, 0x21: 16}


class NoHeader(ConnectionError):
    """The connection does not begin with a header of the PROXY protocol, or with a broken one. `str()` says what."""


async def read_client(sock: socket.socket) -> str | None:
    """Read the header from a connection, no byte more, and return the client's address.

    Return None if the proxy says that the connection is its own, or names no address. Raises `NoHeader`.
    """
    start = await _exactly(sock, len(_SIGNATURE))
    if start == _SIGNATURE:
        return _from_bytes(*await _rest_of_version_2(sock))
    if not start.startswith(_WORD):
        raise NoHeader("does not begin with a header of the PROXY protocol")
    line = start
    while not line.endswith(b"\r\n"):
        if len(line) >= _LONGEST_LINE:
            raise NoHeader("has a line of the PROXY protocol that does not end")
        line += await _exactly(sock, 1)
    return _from_line(line)


async def _rest_of_version_2(sock: socket.socket) -> tuple[int, int, bytes]:
    command, family, length = struct.unpack("!BBH", await _exactly(sock, 4))
    if length > _MOST_ADDED:
        raise NoHeader("has a header of the PROXY protocol of %d bytes, at most %d are read" % (length, _MOST_ADDED))
    return command, family, await _exactly(sock, length)


def _from_bytes(command: int, family: int, data: bytes) -> str | None:
    if command not in (_LOCAL, _PROXY):
        raise NoHeader("has an unknown command of the PROXY protocol: %d" % command)
    size = _BYTES_OF_ADDRESS.get(family)
    if command == _LOCAL or size is None:
        return None
    if len(data) < 2 * size + 4:
        raise NoHeader("has a header of the PROXY protocol that is too short")
    return plain(str(ipaddress.ip_address(data[:size])))


def _from_line(line: bytes) -> str | None:
    words = line[:-2].decode("latin-1").split(" ")
    if words[1:2] == ["UNKNOWN"]:
        return None
    address = plain(words[2]) if len(words) == 6 and words[1] in ("TCP4", "TCP6") else UNKNOWN
    if address == UNKNOWN:
        raise NoHeader("has a broken line of the PROXY protocol")
    return address


async def _exactly(sock: socket.socket, count: int) -> bytes:
    loop = asyncio.get_running_loop()
    data = b""
    while len(data) < count:
        more = await loop.sock_recv(sock, count - len(data))
        if not more:
            raise NoHeader("ends within the header of the PROXY protocol")
        data += more
    return data
