"""A simulated SE05x, from the first byte on the I2C bus to the signature."""

from chip_rig import Bus, Keys
from storage_rig import Supply

AID = bytes.fromhex("A0000003965453000000010300000000")
ATR = bytes.fromhex("00A0000003960403E800FE020B03E80801000000006400000A4A434F5034204154504F")


def crc16(data):
    """Return the CRC-16/X-25, low byte first, computed differently from the driver's."""
    remainder = 0xFFFF
    for byte in data:
        t = (remainder ^ byte) & 0xFF
        t ^= t << 4 & 0xFF
        remainder = remainder >> 8 ^ t << 8 ^ t << 3 ^ t >> 4
    return (remainder ^ 0xFFFF).to_bytes(2, "little")


class SE05XChip(Bus):
    """The chip at the end of its bus.

    busy     how often it does not acknowledge its address while it works
    waits    how often it asks for more time, in each command
    part     bytes of an answer in one block
    silent   numbers of its blocks that it does not send
    supply   each command takes a unit of it
    """

    def __init__(self, objects=None, busy=2, waits=1, part=100, silent=()):
        super().__init__(0x48)
        self.objects = {} if objects is None else objects
        self.keys = Keys()
        self.supply = Supply()
        self.made = 0  # keys
        self.commands = []
        self.busy, self.waits, self.part, self.silent = busy, waits, part, silent
        self._working = 0
        self._blocks = 0
        self._begin()

    def _begin(self):
        self._out = b""
        self._expected = self._number = 0  # of the next I-block from the host, and to it
        self._command = b""
        self._answer = None  # what of the answer has not been sent
        self._asked = 0
        self._last, self._last_i = b"\0\0", None
        self._selected = False

    # ---- the link

    def _frame(self, pcb, content):
        data = bytes((0xA5, pcb, len(content))) + content
        return data + crc16(data)

    def receive(self, address, data):
        """Take a transfer from the host."""
        if address != self.address:
            raise OSError(19)
        if self._working:
            self._working -= 1
            raise OSError(19)
        if len(data) < 5 or data[0] != 0x5A or data[2] != len(data) - 5:
            return self._say(self._frame(0x82 | self._expected << 4, b""))
        if crc16(data[:-2]) != data[-2:]:
            return self._say(self._frame(0x81 | self._expected << 4, b""))
        pcb, content = data[1], data[3:-2]
        if not pcb & 0x80:
            self._take(pcb, content)
        elif pcb & 0xC0 == 0x80:
            self._repeat(pcb >> 4 & 1)
        else:
            self._link(pcb, content)

    def send(self, n):
        """Return the bytes of a transfer to the host."""
        if self._working:
            self._working -= 1
            raise OSError(19)
        if not self._out:
            raise OSError(19)
        data, self._out = self._out[:n], self._out[n:]
        return data + b"\xff" * (n - len(data))

    def _say(self, frame):
        self._out = b"" if self._blocks in self.silent else frame
        self._blocks += 1
        self._working = self.busy

    def _take(self, pcb, content):
        # an I-block
        if pcb >> 6 & 1 != self._expected:
            return self._say(self._frame(0x82 | self._expected << 4, b""))
        self._expected ^= 1
        self._command += content
        self._last_i = None
        self._last = b"\0\0"
        if pcb & 0x20:
            self._last = self._frame(0x80 | self._expected << 4, b"")
            return self._say(self._last)
        command, self._command = self._command, b""
        self.supply.take()
        self.commands.append(command)
        self._answer = self._run(command)
        self._asked = 0
        self._go_on()

    def _go_on(self):
        if self._asked < self.waits:
            self._asked += 1
            self._last = self._frame(0xC3, b"\x01")
            return self._say(self._last)
        part, self._answer = self._answer[: self.part], self._answer[self.part :]
        self._last = self._last_i = self._frame(self._number << 6 | (0x20 if self._answer else 0), part)
        self._number ^= 1
        self._say(self._last)

    def _repeat(self, wanted):
        # an R-block: the number of the I-block that the host wants
        if self._last_i and wanted != self._number:
            self._say(self._last_i)
        elif self._last_i and self._answer:
            self._go_on()
        elif self._last[1] == 0xC3:
            self._say(self._last)
        else:
            self._say(self._frame(0x80 | self._expected << 4, b""))

    def _link(self, pcb, content):
        # an S-block
        if pcb == 0xE3 and self._last[1] == 0xC3:
            return self._go_on()
        answer = b""
        if pcb == 0xCF:
            self._begin()
            answer = ATR
        elif pcb == 0xC0:
            self._expected = self._number = 0
            self._command = b""
        elif pcb == 0xC1:
            answer = content
        else:
            return self._say(self._frame(0x82 | self._expected << 4, b""))
        self._last = self._frame(pcb | 0x20, answer)
        self._say(self._last)

    # ---- the applet

    def _run(self, command):
        if command[:4] == b"\x00\xa4\x04\x00":
            if command[4:] != b"\x10" + AID + b"\0":
                return b"\x6a\x82"
            self._selected = True
            return b"\x07\x02\x00\x6f\xff\x01\x0b\x90\x00"
        if not self._selected or command[0] != 0x80:
            return b"\x6e\x00"
        try:
            answer = self._do(tuple(command[1:4]), self._fields(command[4:]))
        except KeyError:
            return b"\x69\x85"
        except ValueError:
            return b"\x6a\x80"
        return answer + b"\x90\x00"

    def _fields(self, rest):
        # Lc, data, Le -> {tag: value}
        if rest[0]:
            n, data = rest[0], rest[1:]
            expected = (n, n + 1)
        else:
            n, data = int.from_bytes(rest[1:3], "big"), rest[3:]
            expected = (n, n + 2)
        if len(data) not in expected or any(data[n:]):
            raise ValueError
        fields, at = {}, 0
        while at < n:
            tag, size, at = data[at], data[at + 1], at + 2
            if size == 0x81:
                size, at = data[at], at + 1
            elif size == 0x82:
                size, at = int.from_bytes(data[at : at + 2], "big"), at + 2
            fields[tag] = data[at : at + size]
            at += size
        if at != n:
            raise ValueError
        return fields

    def _tlv(self, tag, value):
        n = len(value)
        size = (n,) if n < 128 else (0x81, n) if n < 256 else (0x82, n >> 8, n & 255)
        return bytes((tag,) + size) + value

    def _do(self, what, fields):
        number = int.from_bytes(fields[0x41], "big") if 0x41 in fields else None
        if what == (0x04, 0x00, 0x27):
            return self._tlv(0x41, b"\1" if number in self.objects else b"\2")
        if what == (0x02, 0x00, 0x25):
            ids = sorted(self.objects)[number:]
            more, ids = len(ids) > 8, ids[:8]
            found = b"".join([one.to_bytes(4, "big") for one in ids])
            return self._tlv(0x41, b"\2" if more else b"\1") + self._tlv(0x42, found)
        if what == (0x04, 0x00, 0x49):
            return self._tlv(0x41, bytes(range(number)))
        if what == (0x01, 0x61, 0x00):
            if (number in self.objects) == (0x42 in fields):
                raise KeyError
            self.made += 1
            self.objects[number] = (0x1234567 + self.made).to_bytes(32, "big"), self.made
            return b""
        if what == (0x01, 0x06, 0x00):
            return self._write(number, fields)
        kept = self.objects[number]
        if what == (0x02, 0x00, 0x07):
            return self._tlv(0x41, len(kept).to_bytes(2, "big"))
        if what == (0x04, 0x00, 0x28):
            del self.objects[number]
            return b""
        if what == (0x03, 0x0C, 0x09):
            if fields[0x42] != b"\x21" or len(fields[0x43]) != 32:
                raise ValueError
            return self._tlv(0x41, self.keys.sign(kept[0], fields[0x43]))
        if what == (0x02, 0x00, 0x00):
            if isinstance(kept, tuple):
                if 0x42 in fields:  # only a binary object has offsets
                    raise KeyError
                return self._tlv(0x41, self.keys.public(kept[0]))
            at = int.from_bytes(fields.get(0x42, b""), "big")
            n = int.from_bytes(fields[0x43], "big") if 0x43 in fields else len(kept) - at
            if at + n > len(kept):
                raise KeyError
            return self._tlv(0x41, bytes(kept[at : at + n]))
        raise ValueError

    def _write(self, number, fields):
        data = fields[0x44]
        at = int.from_bytes(fields.get(0x42, b""), "big")
        if 0x43 in fields:
            if number in self.objects:
                raise KeyError
            self.objects[number] = bytes(int.from_bytes(fields[0x43], "big"))
        kept = self.objects[number]
        if at + len(data) > len(kept):
            raise KeyError
        self.objects[number] = kept[:at] + data + kept[at + len(data) :]
        return b""
