"""CPython's stream over a pair of sockets whose other end does not read."""

import asyncio
import socket

import pytest
from arduino_iot_cloud import cpython

TIMEOUT_S = 30


async def _sleep(*_):
    raise AssertionError("it looks again and again")


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_the_last_bytes_are_waited_for_and_not_looked_for(monkeypatch, size):
    async def main():
        here, there = socket.socketpair()
        there.setblocking(False)
        with there:
            stream = cpython.Stream(*await asyncio.open_connection(sock=here))
            while stream.write(bytes(size)):
                pass
            monkeypatch.setattr(asyncio, "sleep", _sleep)
            loop = asyncio.get_running_loop()
            loop.add_reader(there, there.recv, 1 << 20)
            await cpython.writable(stream)
            loop.remove_reader(there)
            assert stream.write(b"more") == 4
            stream.close()

    asyncio.run(asyncio.wait_for(main(), TIMEOUT_S))
