"""The client's side of MQTT 3.1.1 (OASIS standard): packets, deliveries and the keepalive, without I/O.

Inbound bytes are read into `room()`; `packet()` parses them in place, one packet at a time. Every outbound byte
leaves the same way: `outgoing()` offers `out[at:end]`, and `sent()` notes how much of it the network took. That
includes PINGREQ and PUBACK, which this module sends by itself. One PUBLISH of QoS 1 is under way at a time. It stays
in the transmit buffer until its PUBACK, so that nothing else has to remember it across a reconnection.
"""

from .port import const, ticks_add, ticks_diff

_PUBLISH = const(3)
_CONNACK = const(2)
_PUBACK = const(4)
_SUBACK = const(9)
_UNSUBACK = const(11)
_PINGRESP = const(13)

_FRONT = const(3)  # bytes kept free in front of the topic for the fixed header
_ACKS = const(16)  # PUBACKs that can wait to be sent
_PUBACK_MS = const(30000)  # a server that answers, but acknowledges nothing for this long, has lost the packet


class MQTTError(Exception):
    """The server violated the protocol or refused. `args`: the reason (str), the return code (int, 0 for none)."""


class MQTT:
    """The state of one client's connection and deliveries.

    `size` (bytes, up to 16383) limits packets in both directions. `keepalive` is in seconds, 0 for none.
    """

    fault = MQTTError  # for `mqtt_parts`, which cannot import this module in turn

    def __init__(self, size: int = 1024, keepalive: int = 10):
        self.rx = bytearray(size)
        self.view = memoryview(self.rx)
        self.tx = bytearray(size)
        self.keepalive = keepalive
        self.identifier = 0  # the last packet identifier
        self.unacked = 0  # identifier of the PUBLISH in `tx` that waits for its PUBACK, 0 for none
        self._acks = bytearray(4 * _ACKS)
        self._queue: list = []  # packets to send
        self.topic = self.topic_end = self.payload = self.payload_end = self.rest = 0
        self.opened(0)

    def opened(self, now: int):
        """Start a new connection: forget what was half received or half sent, but keep an unacknowledged PUBLISH."""
        self.start = self.count = 0  # where in `rx` the next packet begins, and how many bytes are there
        self._ack_end = 0
        self.part = None  # the state of `mqtt_parts` while a packet arrives in parts
        self._queue.clear()
        self.out = self._acks
        self.at = self.end = 0  # which bytes of `out` are due
        self.blocked = False  # `packet()` returns nothing until the due PUBACKs have left
        self.whole = True  # the last PUBLISH was in the buffer as a whole
        self.code = 0
        self.wake: "int | None" = None  # the tick at which `outgoing` has to check the clock again
        self.ready = False  # CONNACK has arrived
        self.due = False  # the PUBLISH in `tx` is due to be sent
        self.lost = self.unacked != 0  # the PUBLISH was sent on an earlier connection
        self._asked: "int | None" = None  # when the PINGREQ was due that has not been answered yet, else None
        # When something last arrived, something left, an answer arrived, the PUBLISH left
        self.last = self.last_tx = self._answered = self.published = now

    # Outbound

    def send(self, packet: bytes):
        """Send a packet that `mqtt_packets` made, after those that already wait."""
        self._queue.append(packet)

    def under_way(self, topic) -> bool:
        """Return whether a PUBLISH is under way, so that the next has to wait. One from an earlier connection is sent
        again as a duplicate (DUP) if it is for this topic (bytes), and forgotten if it is not, or `topic` is None."""
        if self.lost:
            self.lost = False
            tx = self.tx
            n = tx[_FRONT] << 8 | tx[_FRONT + 1]
            if tx[_FRONT + 2 : _FRONT + 2 + n] == topic:
                tx[int(not tx[0])] = 0x3A
                self.due = True
            else:
                self.unacked = 0
        return self.unacked != 0

    def begin(self, topic: bytes) -> int:
        """Start a PUBLISH of QoS 1 in `tx`; none may be under way. Returns the offset of its payload."""
        tx = self.tx
        n = len(topic)
        pos = _FRONT + 2 + n
        tx[_FRONT] = n >> 8
        tx[_FRONT + 1] = n & 255
        tx[_FRONT + 2 : pos] = topic
        return pos + 2

    def finish(self, end: int):
        """Complete and send the PUBLISH whose payload was written up to `end`. It stays until its PUBACK."""
        tx = self.tx
        pos = _FRONT + 2 + (tx[_FRONT] << 8 | tx[_FRONT + 1])
        self.unacked = self.identifier = n = self.identifier % 65535 + 1
        tx[pos] = n >> 8
        tx[pos + 1] = n & 255
        n = end - _FRONT
        if n < 128:  # the remaining length takes one byte, not two: so the packet begins at the second byte of `tx`
            tx[0] = 0
            tx[1] = 0x32
            tx[2] = n
        else:
            tx[0] = 0x32
            tx[1] = n & 127 | 128
            tx[2] = n >> 7
        self.due = True

    def outgoing(self, now: int) -> bool:
        """Return whether there are bytes to send: `out[at:end]`. It offers the same bytes until `sent` takes them.
        Sets `wake` to the tick at which to call it again, None for no limit.

        Raises MQTTError if the server is silent for half the keepalive after a PINGREQ, does not answer it within
        three quarters of the keepalive, or does not acknowledge a PUBLISH within 30 s.
        """
        if self.ready:
            self.look(now)
        if self.at < self.end:
            return True
        self.at = 0
        if self._queue:
            self.out = self._queue.pop(0)
            self.end = len(self.out)
        elif self._ack_end:
            self.out = self._acks
            self.end = self._ack_end
        elif self.due:
            self.due = False
            self.published = now
            self.out = tx = self.tx
            self.at = n = int(not tx[0])
            self.end = _FRONT + (tx[2] if n else tx[1] & 127 | tx[2] << 7)
        else:
            self.end = 0
            return False
        return True

    def sent(self, n: int, now: int):
        """Note that the network took `n` bytes of what `outgoing` offered."""
        self.at += n
        self.last_tx = now
        if self.at == self.end and self.out is self._acks:
            acks = self._acks
            n = self._ack_end = self._ack_end - self.end
            if n:
                acks[:n] = acks[self.end : self.end + n]
            self.blocked = False

    def look(self, now: int):
        """Check the clock. Send a PINGREQ three quarters of the keepalive after the last outgoing byte or answer, since
        values from the cloud do not show that it still reads. Raises MQTTError if an answer is overdue."""
        # No tick here is older than the keepalive, so the ticks do not wrap.
        quarter = self.keepalive * 250
        if self._asked is not None:
            silent = ticks_diff(now, self.last)
            wait = min(2 * quarter - silent, 3 * quarter - ticks_diff(now, self._asked))
            if wait <= 0:
                raise MQTTError("the server does not answer", 0)
        elif quarter:
            wait = 3 * quarter - max(ticks_diff(now, self.last_tx), ticks_diff(now, self._answered))
            if wait <= 0:
                self._asked = self.last = now  # the wait for the answer begins
                self._queue.append(b"\xc0\x00")  # PINGREQ
                wait = 2 * quarter
        else:
            wait = 60000
        if self.unacked and not self.lost and not self.due:
            left = _PUBACK_MS - ticks_diff(now, self.published)
            if left <= 0:
                raise MQTTError("the server does not acknowledge a value", 0)
            wait = min(wait, left)
        self.wake = ticks_add(now, wait)

    # Inbound

    def room(self):
        """Return the free part of the receive buffer, a memoryview to read into."""
        return self.view[self.count :] if self.count else self.view

    def received(self, n: int, now: int):
        """Note that `n` bytes were read into `room()`."""
        self.count += n
        self.last = now

    def packet(self) -> int:
        """Parse the next packet in the receive buffer. Returns its type, or 0 if it is not complete yet.

        For PUBLISH, `view[topic:topic_end]` and `view[payload:payload_end]` are valid until the next call. One that is
        larger than the buffer comes in parts: `whole` is then False, and `rest` is the number of bytes that follow.
        Call `mqtt_parts.keep` after each part. The topic of every part but the first is empty.
        For CONNACK and SUBACK, `code` is the return code. Raises MQTTError for a packet that no server may send.
        """
        if self.blocked:
            return 0
        if self.part:
            from .mqtt_parts import part

            return part(self)
        rx = self.rx
        start = self.start
        have = self.count
        end = pos = start + 1
        n = shift = 0
        while True:
            if pos >= have:
                return self.wait(start)
            b = rx[pos]
            pos += 1
            n |= (b & 127) << shift
            if b < 128:
                break
            shift += 7
            if shift > 21:
                raise MQTTError("malformed packet", rx[start])
        end = pos + n
        first = rx[start]
        kind = first >> 4
        if end > have:
            if start or have < len(rx):
                return self.wait(start)
            if kind != _PUBLISH:
                raise MQTTError("unexpected packet", first)
        self.start = end
        if first & 15 and kind != _PUBLISH:
            raise MQTTError("malformed packet", first)
        if kind == _PUBLISH:
            if n > 1:
                self.topic = pos + 2
                self.topic_end = self.payload = pos + 2 + (rx[pos] << 8 | rx[pos + 1])
                if first & 2:
                    self.payload += 2
            if n < 2 or self.payload > end or first & 4:  # QoS 2 was not asked for
                raise MQTTError("malformed packet", first)
            self.payload_end = end
            self.whole = end <= have
            if not self.whole:
                from .mqtt_parts import begin

                begin(self, end, first)
            elif first & 2:
                self.owe(rx[self.topic_end] << 8 | rx[self.topic_end + 1])
            return kind
        self._asked = None
        self._answered = self.last
        if kind == _PUBACK and n == 2:
            if rx[pos] << 8 | rx[pos + 1] == self.unacked and not self.due:
                self.unacked = 0
        elif kind == _CONNACK and n == 2:
            self.code = rx[pos + 1]
            self.ready = True
        elif kind == _SUBACK and n > 2:
            self.code = max(rx[pos + 2 : end])
        elif not (kind == _UNSUBACK and n == 2 or kind == _PINGRESP and n == 0):
            raise MQTTError("unexpected packet", first)
        return kind

    def owe(self, identifier: int):
        """Send a PUBACK with the next outgoing bytes."""
        n = self._ack_end
        acks = self._acks
        acks[n] = 0x40
        acks[n + 1] = 2
        acks[n + 2] = identifier >> 8
        acks[n + 3] = identifier & 255
        self._ack_end = n + 4
        self.blocked = n + 4 == len(acks)

    def wait(self, start: int) -> int:
        """Move the incomplete packet at `start` to the front of the buffer, to make room for the rest of it.
        Returns 0: there is no packet yet."""
        have = self.count
        if start:
            if start < have:
                self.rx[0 : have - start] = self.rx[start:have]
            self.count = have - start
            self.start = 0
        return 0
