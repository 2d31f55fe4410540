"""Whose word about a client's address is taken, and how the PROXY protocol is read."""

import asyncio
import socket
import struct

import pytest
from localcloud.broker.proxy_protocol import NoHeader, read_client
from localcloud.reach.proxies import NO_PROXIES, BadProxy, Proxies, plain

HOME = Proxies(["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"])


@pytest.mark.parametrize(
    "peer, headers, client",
    [
        ("127.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("192.0.2.1", ["192.0.2.7"], "192.0.2.1"),
        ("127.0.0.1", ["203.0.113.9, 192.0.2.7"], "192.0.2.7"),
        ("127.0.0.1", ["203.0.113.9", "192.0.2.7, 10.1.2.3"], "192.0.2.7"),
        ("127.0.0.1", ["nonsense, 10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["192.0.2.7, nonsense"], "127.0.0.1"),
        ("127.0.0.1", ["192.0.2.7:4711"], "192.0.2.7"),
        ("2001:db8::1", ["[2001:DB9:0::7]:80"], "2001:db9::7"),
        ("127.0.0.1", ["10.1.2.3, 10.1.2.4"], "10.1.2.3"),
        ("127.0.0.1", ["1.1.1.1," * 100_000 + "192.0.2.7"], "192.0.2.7"),
    ],
)
def test_only_what_proxies_say_counts_as_the_address_of_a_client(peer, headers, client):
    assert HOME.client_of(peer, headers) == client
    assert NO_PROXIES.client_of(peer, headers) == peer


@pytest.mark.parametrize("place", ["proxy.example", "10.0.0.1/8", "", "10.0.0", "::1/200", "10.0.0.1,10.0.0.2"])
def test_what_is_no_address_is_refused_with_its_name(place):
    with pytest.raises(BadProxy, match="is not the address of a proxy"):
        Proxies([place])


def test_addresses_are_written_in_one_way():
    assert plain("::ffff:192.0.2.7") == "192.0.2.7" and plain("<script>") == plain("") == "unknown"


def read(data, *, ends=False):
    """Read a header from a connection. Return the address and what follows it."""

    async def run():
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            theirs.sendall(data)
            if ends:
                theirs.shutdown(socket.SHUT_WR)
            address = await asyncio.wait_for(read_client(ours), 10)
            try:
                return address, ours.recv(100)
            except BlockingIOError:
                return address, b""

    return asyncio.run(run())


def version_2(family, addresses, command=0x21, more=b""):
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", command, family, len(addresses + more)) + addresses + more


IP4 = socket.inet_aton("192.0.2.7") + socket.inet_aton("127.0.0.1") + struct.pack("!HH", 4711, 1883)
IP6 = socket.inet_pton(socket.AF_INET6, "2001:db8::7") * 2 + struct.pack("!HH", 4711, 1883)


@pytest.mark.parametrize(
    "header, address",
    [
        (b"PROXY TCP4 192.0.2.7 127.0.0.1 4711 1883\r\n", "192.0.2.7"),
        (b"PROXY TCP6 2001:db8::7 ::1 4711 1883\r\n", "2001:db8::7"),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN something else\r\n", None),
        (version_2(0x11, IP4), "192.0.2.7"),
        (version_2(0x11, IP4, more=b"\x04\0\x01x"), "192.0.2.7"),
        (version_2(0x21, IP6), "2001:db8::7"),
        (version_2(0x31, b"x" * 216), None),
        (version_2(0, b""), None),
        (version_2(0x11, IP4, command=0x20), None),
    ],
)
def test_a_header_names_the_client_and_what_follows_is_left_alone(header, address):
    assert read(header + b"\x16\x03\x01") == (address, b"\x16\x03\x01")


@pytest.mark.parametrize(
    "data",
    [
        b"\x10\x20\0\x04MQTT\x04\x02\0\x3c\0\x0dsome client",
        b"PROXY TCP4 192.0.2.7 127.0.0.1 4711\r\n",
        b"PROXY TCP4 nowhere 127.0.0.1 4711 1883\r\n",
        b"PROXY TCP9 192.0.2.7 127.0.0.1 4711 1883\r\n",
        b"PROXY TCP4 " + b"1" * 200,
        b"PROXY TCP4 192.0.2.7 127.0",
        version_2(0x11, IP4[:8]),
        version_2(0x11, IP4, command=0x22),
        version_2(0x11, IP4, more=b"x" * 5000),
        version_2(0x11, IP4)[:-3],
        b"PRO",
    ],
)
def test_anything_else_ends_the_connection(data):
    with pytest.raises(NoHeader):
        read(data, ends=True)
