"""A device that publishes as fast as the broker allows: MQTT 3.1.1 by hand, QoS 1, many unacknowledged messages."""

import asyncio
import struct

import cbor2


def _text(text):
    data = text.encode()
    return struct.pack("!H", len(data)) + data


def _packet(first, body):
    length, rest = b"", len(body)
    while True:
        length += bytes([rest % 128 | (128 if rest > 127 else 0)])
        rest //= 128
        if not rest:
            return bytes([first]) + length + body


class Publisher(asyncio.Protocol):
    """One connection at a time. `acknowledged` counts the PUBACKs. `connect` can be called again."""

    def __init__(self, device_id, secret, thing_id, client_id=None, window=20):
        self.device_id = device_id
        self._client_id = client_id or device_id
        self.topic = _text("/a/t/%s/e/o" % thing_id)
        self._secret = secret
        self._free = asyncio.Semaphore(window)
        self._identifier = 0
        self._received = b""
        self.sent = self.acknowledged = 0
        self.done = asyncio.Event()
        self._connack = None
        self.transport = None
        self.lost = asyncio.Event()

    async def connect(self, host, port, keepalive=60):
        """Connect. Raises ConnectionError if the broker refuses."""
        loop = asyncio.get_running_loop()
        self._connack = loop.create_future()
        self.transport, _ = await loop.create_connection(lambda: self, host, port)
        body = _text("MQTT") + b"\x04\xc2" + struct.pack("!H", keepalive)
        body += _text(self._client_id) + _text(self.device_id) + _text(self._secret)
        self.transport.write(_packet(0x10, body))
        code = await asyncio.wait_for(self._connack, 30)
        if code:
            raise ConnectionError("refused with code %d" % code)

    async def publish(self, *values):
        """Publish a message of values, each (name, number). Wait while too many are unacknowledged."""
        await self._free.acquire()
        self._identifier = self._identifier % 65535 + 1
        self.sent += 1
        self.done.clear()
        payload = cbor2.dumps([{0: name, 2: value} for name, value in values])
        self.transport.write(_packet(0x32, self.topic + struct.pack("!H", self._identifier) + payload))

    def close(self):
        """Disconnect."""
        if self.transport is not None:
            self.transport.write(b"\xe0\x00")
            self.transport.close()

    def data_received(self, data):
        self._received += data
        # All received packets are short.
        while len(self._received) >= 2 and len(self._received) >= 2 + self._received[1]:
            end = 2 + self._received[1]
            packet, self._received = self._received[:end], self._received[end:]
            if packet[0] == 0x20:
                self._connack.set_result(packet[3])
            elif packet[0] == 0x40:
                self.acknowledged += 1
                self._free.release()
                if self.acknowledged == self.sent:
                    self.done.set()

    def connection_lost(self, error):
        self.lost.set()
        if self._connack is not None and not self._connack.done():
            self._connack.set_exception(ConnectionError("closed"))
