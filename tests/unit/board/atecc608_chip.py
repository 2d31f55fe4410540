"""An ATECC608 in Python, from the first byte on the I2C bus to the signature."""

from arduino_cloud_board.keys import der
from chip_rig import Bus, Keys
from storage_rig import Supply

AWAKE = b"\x04\x11\x33\x43"


def crc16(data):
    """The chip's CRC, low byte first; it works on reflected registers, unlike the driver's."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    mirrored = 0
    for bit in range(16):
        mirrored |= (value >> bit & 1) << 15 - bit
    return mirrored.to_bytes(2, "little")


class ATECC608Chip(Bus):
    """The chip on its bus, set up like Arduino's, with a key in slot 0 if `private` is given.

    busy     how often it does not acknowledge its address while it works
    supply   each command that it carries out uses up a unit
    """

    SERIAL = bytes.fromhex("0123AABBCCDDEEFF55")

    def __init__(self, slots=None, private=None, locked=(True, True), busy=2):
        super().__init__(0x60)
        self.slots = {} if slots is None else slots
        if private:
            self.slots[0] = private
        for slot in range(8, 16):
            self.slots.setdefault(slot, b"\xff" * (416 if slot == 8 else 72))
        self.config = bytearray(128)
        self.config[0:4] = self.SERIAL[:4]
        self.config[8:13] = self.SERIAL[4:]
        self.config[86] = 0 if locked[1] else 0x55
        self.config[87] = 0 if locked[0] else 0x55
        self.keys = Keys()
        self.supply = Supply()
        self.made = 0
        self.busy = busy
        self._working = 0
        self._awake = False
        self._out = b""
        self._digest = None

    def receive(self, address, data):
        """A transfer from the host."""
        if address == 0 and not data:
            if self._working or not self._awake:
                self._awake, self._out, self._working = True, AWAKE, 0
            raise OSError(19)  # no acknowledgement
        if address != self.address or not self._awake or not data:
            raise OSError(19)
        if data[0] == 1:
            self._sleep()
        elif data[0] == 2:
            self._awake, self._out = False, b""
        elif data[0] == 3:
            self._working = self.busy
            self._out = self._answered(data[1:])

    def send(self, n):
        """A transfer to the host."""
        if not self._awake or self._working or not self._out:
            self._working = max(0, self._working - 1)
            raise OSError(19)
        data, self._out = self._out[:n], b""
        return data + b"\xff" * (n - len(data))

    def _sleep(self):
        self._awake, self._out, self._digest = False, b"", None

    def _answered(self, packet):
        if len(packet) < 7 or packet[0] != len(packet) or crc16(packet[:-2]) != packet[-2:]:
            return self._status(0xFF)
        self.supply.take()
        code, p1, p2 = packet[1], packet[2], packet[3] | packet[4] << 8
        answer = self._do(code, p1, p2, packet[5:-2])
        if isinstance(answer, int):
            return self._status(answer)
        answer = bytes((len(answer) + 3,)) + answer
        return answer + crc16(answer)

    def _status(self, status):
        answer = bytes((4, status))
        return answer + crc16(answer)

    def _do(self, code, p1, p2, data):
        if code == 0x30 and (p1, p2, data) == (0, 0, b""):
            return b"\0\0\x60\x02"
        if code in (0x02, 0x12):
            return self._memory(code, p1, p2, data)
        if not (self.config[87] == 0 and self.config[86] == 0):
            return 0x0F
        if code == 0x1B and (p1, p2, data) == (0, 0, b""):
            self._digest = None
            return bytes(range(32))
        if code == 0x16 and p1 == 3 and len(data) == 32:
            self._digest = data
            return 0
        if code == 0x41 and p1 == 0x80:
            if self._digest is None or p2 not in self.slots or p2 > 4:
                return 0x0F
            return _r_and_s(self.keys.sign(self.slots[p2], self._digest))
        if code == 0x40 and p2 <= 4 and p1 in (0, 4) and not data:
            if p1 == 4:
                self.made += 1
                self.slots[p2] = (0x7654321 + self.made).to_bytes(32, "big")
            if p2 not in self.slots:
                return 0x0F
            return self.keys.public(self.slots[p2])[1:]
        return 0x03

    def _memory(self, code, p1, p2, data):
        n = 32 if p1 & 0x80 else 4
        zone = p1 & 0x7F
        if zone == 0 and code == 0x02:
            at = p2 * 4
            return bytes(self.config[at : at + n]) if at + n <= 128 and (n == 4 or p2 % 8 == 0) else 0x03
        if zone != 2:
            return 0x03
        if self.config[86]:
            return 0x0F
        slot, at = p2 >> 3 & 15, (p2 >> 8) * 32 + (p2 & 7) * 4
        if slot < 8 or at + n > len(self.slots[slot]) or (n == 32 and p2 & 7):
            return 0x0F
        if code == 0x02:
            return bytes(self.slots[slot][at : at + n])
        if len(data) != n:
            return 0x03
        self.slots[slot] = self.slots[slot][:at] + data + self.slots[slot][at + n :]
        return 0


def _r_and_s(signature):
    found = b""
    at = der.content(signature, der.SEQUENCE)[0]
    for _ in range(2):
        start, at = der.content(signature, der.INTEGER, at)
        number = signature[start:at].lstrip(b"\0")
        found += bytes(32 - len(number)) + number
    return found
