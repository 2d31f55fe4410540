"""MQTT over WebSocket: the frames of RFC 6455, every cut, fragments, control frames, lengths, hostile servers."""

from arduino_iot_cloud.mqtt import MQTTError
from arduino_iot_cloud.port import MICROPYTHON
from arduino_iot_cloud.websocket import Frames, Stream, WebSocketError
from portable_assert import raises
from seeded import Seeded

RUNS = 300 if MICROPYTHON else 3000
BINARY, TEXT, CLOSE, PING, PONG = 2, 1, 8, 9, 10


def frame(kind, payload=b"", last=True, size=None):
    """A frame from the server; its length field has `size` bytes (0, 2, 8), by default as few as possible."""
    n = len(payload)
    if size is None:
        size = 0 if n < 126 else 2 if n < 65536 else 8
    head = bytearray(((0x80 if last else 0) | kind, n if size == 0 else 126 if size == 2 else 127))
    for i in range(size):
        head.append(n >> 8 * (size - 1 - i) & 255)
    return bytes(head) + payload


class Wire:
    """Stands for an open stream: gives out `incoming` in pieces and accepts as much as it is told to."""

    s = "socket"

    def __init__(self, incoming=b"", at_most=1000000, ended=False):
        self.incoming = incoming
        self.at_most = at_most
        self.ended = ended
        self.sent = b""
        self.room = 1000000  # bytes that a write accepts
        self.closed = False

    def readinto(self, view):
        n = min(len(view), len(self.incoming), self.at_most)
        view[:n] = self.incoming[:n]
        self.incoming = self.incoming[n:]
        return n or (0 if self.ended else None)

    def write(self, data, at=0, n=None):
        n = min(len(data) if n is None else n, self.room)
        self.sent += bytes(data[at : at + n])
        return n or None

    def close(self):
        self.closed = True


def unmasked(data):
    """[(first byte, payload)] of our frames; insists on masks and short lengths."""
    frames = []
    while data:
        n = data[1] & 127
        assert data[1] > 127 and n < 126 and len(data) >= 6 + n, data
        frames.append((data[0], bytes([data[6 + i] ^ data[2 + i % 4] for i in range(n)])))
        data = data[6 + n :]
    return frames


def read(data, at_most=1000000, room=1000):
    """(payload, what was sent, whether it ended) for these bytes from a server."""
    wire = Wire(data, at_most)
    stream = Stream(wire)
    view = memoryview(bytearray(room))
    taken = b""
    while True:
        n = stream.readinto(view)
        if not n:
            return taken, unmasked(wire.sent), n == 0
        taken += bytes(view[:n])


def test_the_frames_of_the_rfc():
    # Section 5.7, the frames that a server may send; "Hello" is text there.
    assert read(b"\x82\x05Hello") == (b"Hello", [], False)
    assert read(b"\x02\x03Hel\x80\x02lo") == (b"Hello", [], False)
    assert read(b"\x89\x05Hello") == (b"", [(0x8A, b"Hello")], False)
    assert read(b"\x82\x7e\x01\x00" + b"x" * 256)[0] == b"x" * 256
    assert read(b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + b"x" * 65536)[0] == b"x" * 65536
    raises(WebSocketError, read, b"\x81\x05Hello")  # MQTT is binary
    raises(WebSocketError, read, b"\x82\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")  # masked


CONVERSATION = (
    frame(BINARY, b"abc"),
    frame(PING),
    frame(BINARY, b"d" * 125, False),
    frame(PING, b"in between"),
    frame(0, b"", False),
    frame(PONG, b"unasked"),
    frame(0, b"e" * 126, False),
    frame(0, b"f" * 300),
    frame(BINARY),
    frame(PING, b"p" * 125),
    frame(BINARY, b"g"),
)
TAKEN = b"abc" + b"d" * 125 + b"e" * 126 + b"f" * 300 + b"g"
PONGS = [(0x8A, b""), (0x8A, b"in between"), (0x8A, b"p" * 125)]


def test_a_conversation_in_pieces_of_every_size():
    data = b"".join(CONVERSATION)
    for at_most in list(range(1, 40)) + [124, 125, 126, 127, 1000]:
        for room in (1, 7, 1000):
            assert read(data, at_most, room) == (TAKEN, PONGS, False), (at_most, room)


def test_a_conversation_cut_at_every_place():
    data = b"".join(CONVERSATION)
    view = memoryview(bytearray(50))
    for cut in range(len(data)):
        wire = Wire(data[:cut])
        stream = Stream(wire)
        taken = b""
        for rest in (data[cut:], b""):
            while True:
                n = stream.readinto(view)
                if not n:
                    assert n is None
                    break
                taken += bytes(view[:n])
            wire.incoming += rest
        assert taken == TAKEN and unmasked(wire.sent) == PONGS, cut


def test_the_end_of_the_connection_inside_a_frame():
    for data in CONVERSATION[:3]:
        for end in range(len(data)):
            stream = Stream(Wire(data[:end], ended=True))
            view = memoryview(bytearray(1000))
            payload = max(end - 2, 0) if data[0] & 15 == BINARY else 0
            assert payload == 0 or stream.readinto(view) == payload
            assert stream.readinto(view) == 0


def test_every_length_form():
    for n in (0, 1, 124, 125, 126, 127, 128, 255, 256, 1000, 65535, 65536, 70000):
        data = b"\xa5" * n
        assert read(frame(BINARY, data) + frame(BINARY, b"!"))[0] == data + b"!", n


def test_lengths_that_are_longer_than_needed_or_too_long_are_refused():
    for n, size in ((0, 2), (125, 2), (0, 8), (125, 8), (126, 8), (65535, 8)):
        raises(WebSocketError, read, frame(BINARY, b"x" * n, size=size))
    for length in (b"\x80" + b"\0" * 7, b"\0\0\0\0\x80\0\0\0", b"\0\0\0\0\x40\0\0\0", b"\xff" * 8, b"\0\0\0\1\0\0\0\0"):
        raises(WebSocketError, read, b"\x82\x7f" + length)
    # The largest packet of MQTT: nothing is allocated for what is only announced.
    stream = Stream(Wire(b"\x82\x7f\0\0\0\0\x0f\xff\xff\xffxyz"))
    view = memoryview(bytearray(100))
    assert stream.readinto(view) == 3 and stream.readinto(view) is None


def test_what_no_server_may_send_is_refused():
    for data in (
        frame(TEXT, b"text"),
        frame(TEXT),
        frame(0, b"no beginning"),
        frame(BINARY, b"a", False) + frame(BINARY, b"b"),
        frame(BINARY, b"a", False) + frame(TEXT, b"b"),
        frame(BINARY, b"a") + frame(0, b"b"),
        frame(PING, b"fragment", False),
        frame(CLOSE, b"", False),
        frame(PONG, b"x" * 126),
        frame(PING, b"x" * 126),
        frame(CLOSE, b"x" * 65536),
        b"\xc2\x00",
        b"\xa2\x00",
        b"\x92\x00",
        b"\x82\x80\0\0\0\0",
        b"\x89\x80\0\0\0\0",
        b"\x82\xfe\x01\x00\0\0\0\0",
    ):
        error = raises(WebSocketError, read, data)
        assert isinstance(error, MQTTError) and isinstance(error.args[0], str) and error.args[1] == 0
        raises(WebSocketError, read, data, 1)
    for kind in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        raises(WebSocketError, read, frame(kind))
        raises(WebSocketError, read, frame(kind, b"x"))


def test_a_close_is_answered_and_is_the_end():
    for payload in (b"", b"\x03\xe8", b"\x03\xe9going away"):
        for at_most in (1, 1000):
            data = frame(BINARY, b"abc") + frame(CLOSE, payload) + frame(BINARY, b"nothing more")
            assert read(data, at_most) == (b"abc", [(0x88, payload)], True)
    wire = Wire(frame(CLOSE))
    stream = Stream(wire)
    assert stream.readinto(memoryview(bytearray(9))) == 0
    stream.close()
    assert wire.closed and unmasked(wire.sent) == [(0x88, b"")]


def send(stream, wire, data, rooms):
    """Send all of `data`, as a driver does; `rooms` says in turn how much the wire accepts at a time."""
    data = memoryview(data)
    i = 0
    while data:
        wire.room = rooms[i % len(rooms)]
        i += 1
        data = data[stream.write(data) or 0 :]
        assert i < 5000


def test_what_is_sent_arrives_in_fragments_whatever_the_wire_takes():
    random = Seeded(2)
    for n in (1, 2, 124, 125, 126, 250, 251, 1000):
        packet = random.bytes(n)
        for rooms in ((1000000,), (1,), (0, 3), (6,), (5, 2), (130,), (131,), (132,), (64, 0, 0)):
            wire = Wire()
            stream = Stream(wire)
            send(stream, wire, packet, rooms)
            send(stream, wire, b"next", rooms)
            frames = unmasked(wire.sent)
            assert frames.pop() == (0x82, b"next")
            assert b"".join([payload for _, payload in frames]) == packet
            count = (n + 124) // 125
            assert [first for first, _ in frames] == [
                (0x80 if i == count - 1 else 0) | (0 if i else 2) for i in range(count)
            ]


def test_what_is_sent_stays_as_it_is():
    packet = bytearray(b"x" * 500)
    wire = Wire()
    send(Stream(wire), wire, packet, (50,))
    assert packet == b"x" * 500


def test_each_frame_has_a_key_of_its_own():
    wire = Wire()
    stream = Stream(wire)
    for _ in range(50):
        stream.write(b"\0")
    keys = set([bytes(wire.sent[i + 2 : i + 6]) for i in range(0, len(wire.sent), 7)])
    assert len(keys) == 50


def test_a_pong_waits_for_the_end_of_a_frame():
    for room in range(131):
        wire = Wire()
        stream = Stream(wire)
        wire.room = room
        packet = memoryview(b"z" * 125)
        packet = packet[stream.write(packet) :]
        wire.incoming = frame(PING, b"1") + frame(PING, b"2") + frame(BINARY, b"x")
        view = memoryview(bytearray(10))
        wire.room = 1000
        assert stream.readinto(view) == 1
        while packet:
            packet = packet[stream.write(packet) :]
        send(stream, wire, b"more", (1000,))
        frames = unmasked(wire.sent)
        assert (0x82, b"z" * 125) in frames and (0x82, b"more") in frames
        pongs = [payload for first, payload in frames if first == 0x8A]
        assert pongs == [b"1"], room  # the second ping came before the first was answered


def test_a_pong_goes_out_in_pieces_and_whole():
    wire = Wire(frame(PING, b"abcdef"))
    stream = Stream(wire)
    wire.room = 4
    assert stream.readinto(memoryview(bytearray(10))) is None
    send(stream, wire, b"packet", (3,))
    assert unmasked(wire.sent) == [(0x8A, b"abcdef"), (0x82, b"packet")]


def test_closing_says_goodbye_once_where_there_is_room():
    wire = Wire()
    stream = Stream(wire)
    stream.write(b"packet")
    stream.close()
    assert wire.closed and unmasked(wire.sent) == [(0x82, b"packet"), (0x88, b"\x03\xe8")]
    wire = Wire()
    stream = Stream(wire)
    wire.room = 9
    stream.write(b"packet")
    stream.close()
    assert wire.closed and len(wire.sent) == 9  # no close frame inside another frame

    class Broken(Wire):
        def write(self, data):
            raise OSError(104)

    wire = Broken()
    Stream(wire).close()
    assert wire.closed


def test_the_stream_shows_what_the_one_behind_it_has():
    wire = Wire()
    assert Stream(wire).s == "socket"
    raises(AttributeError, getattr, Stream(wire), "nothing")


def survive(data, at_most):
    """Whether the bytes were accepted; insists that only WebSocketError is raised."""
    try:
        read(data, at_most)
    except WebSocketError:
        return False
    return True


def test_random_bytes():
    random = Seeded(3)
    for _ in range(RUNS):
        survive(random.bytes(1 + random.below(60)), random.choice((1, 3, 1000)))


def test_conversations_with_mistakes_however_divided():
    random = Seeded(4)
    good = 0
    for _ in range(RUNS // 3):
        data = b"".join([random.choice(CONVERSATION) for _ in range(4)])
        data = random.mutated(data)
        results = []
        for at_most in (1, 1 + random.below(130), 1000):
            try:
                results.append(read(data, at_most))
            except WebSocketError:
                results.append(None)
        assert results[0] == results[1] == results[2], data
        good += results[0] is not None
    assert 0 < good < RUNS // 3


def test_the_core_works_without_a_stream():
    frames = Frames()
    frames.frame(b"xaby", 1, 2)
    assert unmasked(bytes(frames.out[frames.at : frames.end])) == [(0x82, b"ab")]
    view = memoryview(bytearray(4))
    room = frames.room(view)
    room[:2] = b"\x82\x03"
    assert frames.received(2) == 0
    room = frames.room(view)
    assert len(room) == 3
    room[:2] = b"xy"
    assert frames.received(2) == 2 and view[:2] == b"xy"
    assert len(frames.room(view)) == 1
