"""Commands of the secure element SE050 or SE051 (NXP AN12543) on I2C. For the store see `se05x_keys`.

Tested byte by byte against a chip simulated in Python, not on a real one.
"""

from . import ChipError

_EC_KEY_PAIR = 0x61
_BINARY = 0x06
_SHA256 = 0x21
_PART = 200  # bytes of an object in one command
_REFUSED = {0x6982: "security status", 0x6984: "invalid data", 0x6985: "conditions of use", 0x6986: "not allowed"}


class StatusError(ChipError):
    """The chip refuses a command. `status` is its status word (ISO 7816-4), an int."""

    def __init__(self, status):
        self.status = status
        super().__init__("The secure element refuses: %04x %s" % (status, _REFUSED.get(status, "")))


class SE05X:
    """The chip's commands.

    link: a se05x_t1.T1. Each method raises StatusError if the chip refuses, ChipError if it does not answer.
    """

    def __init__(self, link):
        self._link = link
        link.reset()
        # The applet's version, 3 bytes; the rest of the answer is not needed here
        self.version = self._send(
            b"\x00\xa4\x04\x00\x10\xa0\x00\x00\x03\x96\x54\x53\x00\x00\x00\x01\x03\x00\x00\x00\x00\x00"
        )[:3]

    def _send(self, command):
        answer = self._link.exchange(command)
        if len(answer) < 2:
            raise ChipError("The secure element answers too little.")
        status = int.from_bytes(answer[-2:], "big")
        if status != 0x9000:
            raise StatusError(status)
        return answer[:-2]

    def _command(self, ins, p1, p2, *fields, expect=False):
        # fields: (tag, bytes). expect: True returns the value of the answer's only field, None the whole answer
        data = b"".join([_field(tag, value) for tag, value in fields])
        head = bytes((0x80, ins, p1, p2))
        n = len(data)
        if n < 0xF0:
            command = head + bytes((n,)) + data + (b"" if expect is False else b"\0")
        else:  # the extended form
            command = head + b"\0" + n.to_bytes(2, "big") + data + (b"" if expect is False else b"\0\0")
        answer = self._send(command)
        return _value(answer, 0x41) if expect else answer

    def exists(self, number: int) -> bool:
        """Whether an object with that number exists."""
        answer = self._command(0x04, 0x00, 0x27, (0x41, _id(number)), expect=True)
        if answer not in (b"\x01", b"\x02"):
            raise ChipError("The secure element does not say whether object 0x%x exists." % number)
        return answer == b"\x01"

    def size(self, number: int) -> int:
        """The size of an object in bytes."""
        return int.from_bytes(self._command(0x02, 0x00, 0x07, (0x41, _id(number)), expect=True), "big")

    def read(self, number: int) -> bytes:
        """The content of a binary object."""
        size = self.size(number)
        data = b""
        while len(data) < size:
            at, n = len(data), min(_PART, size - len(data))
            fields = ((0x41, _id(number)), (0x42, at.to_bytes(2, "big")), (0x43, n.to_bytes(2, "big")))
            part = self._command(0x02, 0x00, 0x00, *fields, expect=True)
            if len(part) != n:
                raise ChipError("The secure element sent %d bytes of %d." % (len(part), n))
            data += part
        return data

    def write(self, number: int, data):
        """Write a binary object. An existing one keeps its size, so delete it first."""
        for at in range(0, len(data), _PART):
            size = () if at else ((0x43, len(data).to_bytes(2, "big")),)
            fields = ((0x41, _id(number)), (0x42, at.to_bytes(2, "big")))
            self._command(0x01, _BINARY, 0x00, *fields, *size, (0x44, bytes(data[at : at + _PART])))

    def objects(self) -> list:
        """The numbers of all objects."""
        found: list = []
        while True:
            fields = ((0x41, len(found).to_bytes(2, "big")), (0x42, b"\xff"))
            answer = self._command(0x02, 0x00, 0x25, *fields, expect=None)
            ids = _value(answer, 0x42, at=3)
            found += [int.from_bytes(ids[at : at + 4], "big") for at in range(0, len(ids), 4)]
            if _value(answer, 0x41) == b"\x01" or not ids:
                return found

    def delete(self, number: int):
        """Delete an object."""
        self._command(0x04, 0x00, 0x28, (0x41, _id(number)))

    def generate(self, number: int):
        """Make a P-256 key pair, replacing an earlier one."""
        curve = () if self.exists(number) else ((0x42, b"\x03"),)
        self._command(0x01, _EC_KEY_PAIR, 0x00, (0x41, _id(number)), *curve)

    def public_key(self, number: int) -> bytes:
        """The public key of a key pair: 65 bytes, 04 X Y."""
        point = self._command(0x02, 0x00, 0x00, (0x41, _id(number)), expect=True)
        if len(point) != 65 or point[0] != 4:
            raise ChipError("Object 0x%x in the secure element is not a P-256 key." % number)
        return point

    def sign(self, number: int, digest: bytes) -> bytes:
        """The signature (DER) of a SHA-256 digest (32 bytes) by a key pair."""
        fields = ((0x41, _id(number)), (0x42, bytes((_SHA256,))), (0x43, bytes(digest)))
        return self._command(0x03, 0x0C, 0x09, *fields, expect=True)

    def random(self, n: int) -> bytes:
        """n random bytes, up to 200."""
        return self._command(0x04, 0x00, 0x49, (0x41, n.to_bytes(2, "big")), expect=True)

    def serial_number(self) -> bytes:
        """The chip's unique serial number, 18 bytes."""
        return self.read(0x7FFF0206)


def _id(number):
    return number.to_bytes(4, "big")


def _field(tag, value):
    n = len(value)
    if n < 0x80:
        return bytes((tag, n)) + value
    return bytes((tag, 0x81, n) if n < 0x100 else (tag, 0x82, n >> 8, n & 0xFF)) + value


def _value(answer, tag, at=0):
    # The value of the field that begins at byte `at` of an answer
    from ..keys.der import content

    try:
        start, end = content(answer, tag, at)
        return bytes(answer[start:end])
    except ValueError:
        pass
    raise ChipError("The secure element answered another command.")
