"""Arbitrary and slightly wrong bytes from a server: accepted, or MQTTError, never anything else."""

from arduino_iot_cloud.mqtt import MQTTError
from arduino_iot_cloud.port import MICROPYTHON
from mqtt_rig import Server, packet, puback, publish, suback, two
from seeded import Seeded

RUNS = 300 if MICROPYTHON else 2000
PACKETS = (
    packet(0x20, two(0)),
    publish(b"topic", b"payload"),
    publish(b"topic", b"payload", 7),
    publish(b"t" * 130, b"p" * 20, 8),
    publish(b"t", b"p" * 300, 9),
    puback(1),
    suback(1, 0, 1),
    packet(0xB0, two(2)),
    packet(0xD0),
)


def survive(data, at_most):
    """Whether the bytes were accepted; insists that the state is consistent even after a mistake."""
    server = Server(128)
    try:
        server.send(data, at_most)
    except MQTTError:
        return False
    finally:
        assert len(server.mqtt.rx) == len(server.mqtt.tx) == 128
        assert len(server.acked) % 4 == 0
    return True


def test_random_bytes():
    random = Seeded(1)
    for _ in range(RUNS):
        survive(random.bytes(1 + random.below(60)), random.choice((1, 3, 1000)))


def test_random_bodies_in_packets_of_every_type():
    random = Seeded(2)
    for _ in range(RUNS):
        data = b"".join([packet(random.below(256), random.bytes(random.below(12))) for _ in range(3)])
        survive(data, random.choice((1, 3, 1000)))


def test_packets_with_mistakes():
    random = Seeded(3)
    good = 0
    for _ in range(RUNS):
        data = b"".join([random.choice(PACKETS) for _ in range(1 + random.below(4))])
        assert survive(data, random.choice((1, 5, 100, 1000)))
        good += survive(random.mutated(data), random.choice((1, 5, 100, 1000)))
    assert 0 < good < RUNS


def test_the_way_that_bytes_are_divided_makes_no_difference():
    random = Seeded(4)
    for _ in range(RUNS // 4):
        data = random.mutated(b"".join([random.choice(PACKETS) for _ in range(4)]))
        results = []
        for at_most in (1, 1 + random.below(130), 1000):
            server = Server(128)
            refused = False
            try:
                server.send(data, at_most)
            except MQTTError:
                refused = True
            results.append((server.taken, refused, server.oversized))
        assert results[0] == results[1] == results[2], data
