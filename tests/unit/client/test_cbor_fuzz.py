"""Arbitrary and slightly wrong bytes: the reader returns an item or raises CBORError, never anything else."""

from arduino_iot_cloud.cbor import CBORError, Reader
from arduino_iot_cloud.cbor_item import dumps, loads
from arduino_iot_cloud.port import MICROPYTHON
from rfc8949_examples import OTHERS, SHORTEST, same
from seeded import Seeded

EXAMPLES = [bytes.fromhex(text) for text, _ in SHORTEST + OTHERS]
RUNS = 800 if MICROPYTHON else 4000


def decode(data):
    """Whether the bytes are an item; insists that it survives being written and read again."""
    try:
        value = loads(data)
    except CBORError as error:
        assert 0 <= error.args[1] <= len(data), (data, error)
        return False
    again = loads(dumps(value))
    assert same(again, value), (data, value, again)
    return True


def test_random_bytes():
    random = Seeded(1)
    for _ in range(RUNS):
        decode(random.bytes(random.below(24)))


def test_random_bytes_in_containers():
    random = Seeded(2)
    for _ in range(RUNS):
        head = random.choice((b"\x9f", b"\xbf", b"\x83", b"\xa2", b"\x5f", b"\x7f", b"\xc1"))
        decode(head + random.bytes(random.below(16)))


def test_examples_with_mistakes():
    random = Seeded(3)
    good = 0
    for _ in range(RUNS):
        good += decode(random.mutated(random.choice(EXAMPLES)))
    assert 0 < good < RUNS


def test_nested_examples_with_mistakes():
    random = Seeded(4)
    for _ in range(RUNS // 4):
        n = 1 + random.below(5)
        data = bytes([0x80 | n]) + b"".join([random.choice(EXAMPLES) for _ in range(n)])
        assert decode(data)
        decode(random.mutated(data))


def test_a_reader_never_leaves_its_stretch():
    random = Seeded(5)
    reader = Reader()
    for _ in range(RUNS):
        data = random.bytes(20)
        start = random.below(20)
        end = start + random.below(21 - start)
        reader.open(data, start, end)
        try:
            reader.item()
        except CBORError as error:
            assert start <= error.args[1] <= end, (data, start, end, error)
        assert start <= reader.pos <= end, (data, start, end)
