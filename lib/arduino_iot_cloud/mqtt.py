"""MQTT 3.1.1 (OASIS standard) as a client speaks it: packets and delivery state, without I/O.

Bytes that arrive go into `room()`, `packet()` then takes the packets out one
by one, in place. Bytes to send come from `begin`/`finish`/`outgoing`, `acks`
and `poll` in the steady state, else from the module `packets`. One PUBLISH of QoS 1 is under way at a time: it stays in the transmit buffer
until its PUBACK, so that nothing else has to remember it over a reconnect.
"""

from .port import const, ticks_add, ticks_diff

PUBLISH = const(3)
_CONNACK = const(2)
PUBACK = const(4)
_SUBACK = const(9)
_UNSUBACK = const(11)
_PINGRESP = const(13)

_FRONT = const(3)  # bytes kept free in front of the topic for the fixed header
_ACKS = const(16)  # PUBACKs that can wait to be sent


class MQTTError(Exception):
    """The server broke the protocol or refused. `args`: the reason (str), the return code (int, 0 for none)."""


class MQTT:
    """What one client knows about its connection and its deliveries.

    `size` bounds a packet either way (bytes, up to 16383). `keepalive` is in seconds, 0 for none.
    """

    def __init__(self, size: int = 1024, keepalive: int = 10):
        self.rx = bytearray(size)
        self.view = memoryview(self.rx)
        self.tx = bytearray(size)
        self.keepalive = keepalive
        self.identifier = 0  # of the last packet that had one
        self.unacked = 0  # identifier of the PUBLISH in `tx` that waits for its PUBACK
        self.oversized = 0  # inbound packets that did not fit and were drained
        self._acks = bytearray(4 * _ACKS)
        self._tx_end = 0
        self.topic = self.topic_end = self.payload = self.payload_end = 0
        self.wake = None
        self.opened(0)

    def opened(self, now: int):
        """A new connection begins: forget what was half received. An unacknowledged PUBLISH stays."""
        self._start = self._have = self._skip = self._ack_end = 0
        self.blocked = False  # `packet()` returns nothing until the PUBACKs are sent that are owed
        self.code = 0
        self._pinged = False
        self._last_rx = self.last_tx = now  # last_tx: when something was sent, for the writer to set

    # Outbound

    def next_identifier(self) -> int:
        """A packet identifier (1 to 65535) that is not in use."""
        while True:
            self.identifier = self.identifier % 65535 + 1
            if self.identifier != self.unacked:
                return self.identifier

    def begin(self, topic: bytes) -> int:
        """Start a PUBLISH of QoS 1 in `tx`, where none may be waiting. Returns where the payload starts."""
        tx = self.tx
        n = len(topic)
        pos = _FRONT + 2 + n
        tx[_FRONT] = n >> 8
        tx[_FRONT + 1] = n & 255
        tx[_FRONT + 2 : pos] = topic
        return pos + 2

    def finish(self, end: int):
        """Complete the PUBLISH whose payload was written up to `end`; it waits for its PUBACK from now on."""
        tx = self.tx
        pos = _FRONT + 2 + (tx[_FRONT] << 8 | tx[_FRONT + 1])
        self.unacked = n = self.next_identifier()
        tx[pos] = n >> 8
        tx[pos + 1] = n & 255
        n = end - _FRONT
        if n < 128:
            tx[2] = n
        else:
            tx[1] = n & 127 | 128
            tx[2] = n >> 7
        tx[n < 128] = 0x32
        self._tx_end = end

    def outgoing(self, again: bool = False):
        """The bytes of the PUBLISH that waits for its PUBACK; `again` marks it as a duplicate (DUP)."""
        start = int(self._tx_end - _FRONT < 128)  # where the remaining length takes one byte, not two
        if again:
            self.tx[start] = 0x3A
        return memoryview(self.tx)[start : self._tx_end]

    def acks(self):
        """The PUBACKs that are owed for what `packet()` returned, or None. They then count as sent."""
        n = self._ack_end
        if not n:
            return None
        self._ack_end = 0
        self.blocked = False
        return bytes(self._acks[:n])

    def poll(self, now: int):
        """Keep the connection alive: returns the PINGREQ that is due, else None, and sets `wake`.

        `wake` is the tick at which to ask again, None without keepalive. Raises
        MQTTError once the server has left a question unanswered for half the keepalive.
        """
        self.wake = None
        if not self.keepalive:
            return None
        quarter = self.keepalive * 250
        if self._pinged:
            wait = 2 * quarter - ticks_diff(now, self._last_rx)
            if wait <= 0:
                raise MQTTError("the server does not answer", 0)
        else:
            wait = 3 * quarter - max(ticks_diff(now, self.last_tx), ticks_diff(now, self._last_rx))
        self.wake = ticks_add(now, wait)
        if wait > 0:
            return None
        self._pinged = True
        self._last_rx = now  # from here on the answer is waited for
        self.wake = ticks_add(now, 2 * quarter)
        return b"\xc0\x00"  # PINGREQ

    # Inbound

    def room(self):
        """The free part of the receive buffer, a memoryview, to read into."""
        return self.view[self._have :] if self._have else self.view

    def received(self, n: int, now: int):
        """`n` bytes were read into `room()`."""
        self._have += n
        self._last_rx = now
        self._pinged = False

    def packet(self) -> int:
        """Take the next packet out of the receive buffer: its type, or 0 where there is no whole one.

        For PUBLISH, `view[topic:topic_end]` and `view[payload:payload_end]` hold until the next call.
        For CONNACK and SUBACK, `code` is the return code. Raises MQTTError for what no server may send.
        """
        if self.blocked:
            return 0
        rx = self.rx
        start = self._start
        have = self._have
        if self._skip:
            n = min(self._skip, have - start)
            self._skip -= n
            start += n
        end = pos = start + 1
        n = shift = 0
        while True:
            if pos >= have:
                return self._wait(start)
            b = rx[pos]
            pos += 1
            n |= (b & 127) << shift
            if b < 128:
                break
            shift += 7
            if shift > 21:
                raise MQTTError("malformed remaining length", 0)
        end = pos + n
        first = rx[start]
        if end > have:
            if start or have < len(rx):
                return self._wait(start)  # where it never fits, a full buffer holds its identifier at least
            self.oversized += 1
            if first & 0xF6 == 0x32:
                pos += 2 + (rx[pos] << 8 | rx[pos + 1])
                if pos + 2 <= have:
                    self._ack(pos)
            self._skip = end - have
            self._start = self._have = 0
            return 0
        self._start = end
        kind = first >> 4
        if first & 15 and kind != PUBLISH:
            raise MQTTError("reserved flags", first)
        if kind == PUBLISH:
            if n > 1:
                self.topic = pos + 2
                self.topic_end = self.payload = pos + 2 + (rx[pos] << 8 | rx[pos + 1])
                if first & 2:
                    self.payload += 2
            if n < 2 or self.payload > end or first & 4:  # QoS 2 was not asked for
                raise MQTTError("malformed PUBLISH", first)
            if first & 2:
                self._ack(self.topic_end)
            self.payload_end = end
        elif kind == PUBACK and n == 2:
            if rx[pos] << 8 | rx[pos + 1] == self.unacked:
                self.unacked = 0
        elif kind == _CONNACK and n == 2:
            self.code = rx[pos + 1]
        elif kind == _SUBACK and n > 2:
            self.code = max(rx[pos + 2 : end])
        elif not (kind == _UNSUBACK and n == 2 or kind == _PINGRESP and n == 0):
            raise MQTTError("unexpected packet", first)
        return kind

    def _ack(self, pos):
        # Owe the PUBACK for the packet identifier at `pos`.
        n = self._ack_end
        acks = self._acks
        acks[n] = 0x40
        acks[n + 1] = 2
        acks[n + 2] = self.rx[pos]
        acks[n + 3] = self.rx[pos + 1]
        self._ack_end = n + 4
        self.blocked = n + 4 == len(acks)

    def _wait(self, start):
        # Move what is there of the next packet to the front, so that the rest fits behind it.
        have = self._have
        if start:
            if start < have:
                self.rx[0 : have - start] = self.rx[start:have]
            self._have = have - start
            self._start = 0
        return 0
