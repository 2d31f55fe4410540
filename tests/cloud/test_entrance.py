"""Who has to give way at the entrance, with real sockets: the oldest silent one, and nobody who waits for an answer."""

import asyncio
import contextlib
import logging
import socket
from collections import Counter

import pytest
from localcloud.entrance.bounds import Bounds
from localcloud.entrance.door import Door
from localcloud.entrance.few_lines import FewLines
from localcloud.entrance.visitors import Entrance

HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"


class Words(asyncio.Protocol):
    """A protocol with three words: `w` waits for an answer, `a` is let in, anything else is half a word."""

    def __init__(self, visitor):
        self.visitor = visitor

    def connection_made(self, transport):
        self.visitor.met(transport)

    def data_received(self, data):
        if b"w" in data:
            self.visitor.waits()
        if b"a" in data:
            self.answer(b"in" if self.visitor.admit() else b"no")
        self.answer(b".")

    def answer(self, data):
        self.visitor.transport.write(data)

    def connection_lost(self, error):
        self.visitor.left()


class House:
    """A door with these bounds, and peers that come to it."""

    def __init__(self, stack, bounds, patience=30, proxies=()):
        self.counts = Counter()
        self.entrance = Entrance(bounds, self.counts, patience, proxies)
        sock = socket.create_server((HERE, 0))
        self.door = Door(self.entrance, sock, Words)
        self.door.open()
        self.port = sock.getsockname()[1]
        self._stack = stack
        stack.callback(self.entrance.close)
        stack.callback(self.door.close)

    async def peer(self, words=b"", address=HERE):
        """Connect from this address, say something, and wait until it has been taken."""
        before = self._seen
        reader, writer = await asyncio.open_connection(HERE, self.port, local_addr=(address, 0))
        # asyncio closes a connection whose writer nobody has any more.
        self._stack.callback(writer.transport.abort)
        self._stack.callback(writer.is_closing)
        if words:
            writer.write(words)
            await reader.readuntil(b".")
        while self._seen == before:
            await asyncio.sleep(0.001)
        return reader

    @property
    def _seen(self):
        return self.entrance.waiting + self.entrance.inside + self.counts.total()


async def has_ended(reader):
    """Return whether the house has ended the connection."""
    with contextlib.suppress(ConnectionError):
        try:
            return await asyncio.wait_for(reader.read(1), 0.1) == b""
        except TimeoutError:
            return False
    return True


def in_a_house(*arguments, **options):
    """Run a test, `async def test(house)`, in a house of its own."""

    def decorate(test):
        async def run():
            with contextlib.ExitStack() as stack:
                async with asyncio.timeout(10):
                    await test(House(stack, *arguments, **options))

        def wrapper():
            asyncio.run(run())

        wrapper.__name__ = test.__name__
        return wrapper

    return decorate


@in_a_house(Bounds(3, 3, 10))
async def test_the_oldest_silent_one_gives_way(house):
    peers = [await house.peer() for _ in range(4)]
    assert [await has_ended(each) for each in peers] == [True, False, False, False]
    assert house.counts == {"connections_gave_way": 1}


@in_a_house(Bounds(3, 3, 10))
async def test_who_has_said_half_gives_way_after_the_silent_ones(house):
    half, silent = await house.peer(b"h"), await house.peer()
    other = await house.peer()
    await house.peer()
    assert [await has_ended(each) for each in (half, silent, other)] == [False, True, False]


@in_a_house(Bounds(2, 2, 10))
async def test_who_waits_for_an_answer_does_not_give_way(house):
    waiting = [await house.peer(b"w") for _ in range(2)]
    refused = await house.peer()
    assert await has_ended(refused)
    assert [await has_ended(each) for each in waiting] == [False, False]
    assert house.counts == {"connections_refused": 1}


@in_a_house(Bounds(10, 2, 10))
async def test_one_address_that_is_full_takes_nothing_from_another(house):
    other = await house.peer(address=ELSEWHERE)
    peers = [await house.peer() for _ in range(5)]
    assert [await has_ended(each) for each in peers] == [True, True, True, False, False]
    assert not await has_ended(other)


@in_a_house(Bounds(4, 4, 10))
async def test_in_all_the_address_with_the_most_gives_way(house):
    other = await house.peer(address=ELSEWHERE)
    peers = [await house.peer() for _ in range(3)]
    await house.peer(address=ELSEWHERE)
    assert [await has_ended(each) for each in (other, *peers)] == [False, True, False, False]


@in_a_house(Bounds(10, 2, 10), proxies=(HERE,))
async def test_a_proxy_has_no_bound_of_its_own(house):
    peers = [await house.peer() for _ in range(5)]
    assert not any([await has_ended(each) for each in peers])


@in_a_house(Bounds(2, 2, 2))
async def test_who_is_inside_leaves_room_before_the_door_and_is_bounded_too(house):
    inside = [await house.peer(b"a") for _ in range(2)]
    assert not any([await has_ended(each) for each in inside])
    assert (house.entrance.waiting, house.entrance.inside) == (0, 2)
    third = await house.peer(b"a")
    assert not await has_ended(third)
    assert (house.entrance.waiting, house.entrance.inside) == (1, 2)
    assert house.counts["connections_refused"] == 1


@in_a_house(Bounds(5, 5, 5), patience=0.2)
async def test_only_those_that_have_to_say_something_can_be_late(house):
    silent, half = await house.peer(), await house.peer(b"h")
    waiting, inside = await house.peer(b"w"), await house.peer(b"a")
    assert await silent.read() == b""
    assert await half.read() == b""
    assert not await has_ended(waiting)
    assert not await has_ended(inside)
    assert house.counts["connections_late"] == 2
    assert (house.entrance.waiting, house.entrance.inside) == (1, 1)


@in_a_house(Bounds(100, 100, 100))
async def test_who_leaves_is_forgotten(house):
    for words in (b"", b"h", b"w", b"a"):
        reader, writer = await asyncio.open_connection(HERE, house.port)
        writer.write(words)
        if words:
            await reader.readuntil(b".")
        writer.close()
        await writer.wait_closed()
    while house.entrance.waiting or house.entrance.inside:
        await asyncio.sleep(0.01)
    assert house.entrance._addresses == {}


def test_a_vanished_peer_is_noticed_by_tcp(local_cloud, make_device):
    device = make_device(local_cloud.about)
    assert device.connect(keepalive=0) == "Success"
    with device.client.socket().dup() as sock:
        theirs = "%04X" % sock.getsockname()[1]
    # The cloud's end has a keepalive timer (2): proc(5), tcp.
    with open("/proc/net/tcp") as table:
        timers = [line.split()[5] for line in table if line.split()[2].endswith(":" + theirs)]
    assert [each[:2] for each in timers] == ["02"]


@pytest.mark.parametrize("descriptors", [64, 256, 1024, 4096, 1 << 20])
def test_bounds_stay_well_below_the_limit_of_open_files(descriptors):
    bounds = Bounds.of(descriptors)
    assert bounds.waiting + bounds.inside <= 0.76 * descriptors or descriptors > 1024
    assert bounds.waiting + bounds.inside <= descriptors - 16
    assert 0 < bounds.waiting_by_address < bounds.waiting <= 2000


def test_with_the_usual_limit_two_hundred_devices_of_one_address_have_room():
    bounds = Bounds.of(1024)
    assert bounds.waiting_by_address >= 200
    assert bounds.inside >= 200


def test_a_line_that_peers_cause_is_logged_a_few_times_a_minute(caplog):
    now = [0.0]
    lines = FewLines(logging.getLogger("x"), 2, lambda: now[0])
    for turn in range(5):
        lines.line(logging.WARNING, "line %d", turn)
    now[0] = 61
    lines.line(logging.WARNING, "line %d", 5)
    assert caplog.messages == ["line 0", "line 1", "3 lines like the next one were left out", "line 5"]
