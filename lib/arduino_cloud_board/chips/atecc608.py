"""Commands of the secure element ATECC608 or ATECC508 (Microchip) on I2C. For the store see `atecc608_keys`.

The chip falls asleep about a second after it was woken, so each command wakes it and sends it back to sleep.
Nothing here writes or locks its configuration, which cannot be undone.

Tested byte by byte against a chip simulated in Python, not on a real one.
"""

from time import sleep

from arduino_iot_cloud.port import const, ticks_diff, ticks_ms

from . import ChipError

ADDRESS = 0x60

_SLEEP = b"\x01"
_AWAKE = b"\x04\x11\x33\x43"
_ATTEMPTS = 3
_SILENCE = const(1500)  # ms: by then the chip has fallen asleep, finished or not
_STATUS = {
    0x01: "says that something does not match",
    0x03: "does not know this command",
    0x05: "had an error of its elliptic curve",
    0x0F: "cannot do this as it is set up",
}
CURVE = 0x05  # according to the data sheet, the same command may succeed the next time
NO_KEY = (0x03, CURVE, 0x0F)  # the codes for a slot without a private key
_AGAIN = (0x11, 0xEE, 0xFF)  # it just woke up, was about to fall asleep, received a damaged command


class StatusError(ChipError):
    """The chip refuses a command. `status` is its error code, an int."""

    def __init__(self, status):
        self.status = status
        super().__init__("The secure element %s (0x%02x)." % (_STATUS.get(status, "refuses"), status))


def crc(data) -> bytes:
    """CRC-16 of the bytes (polynomial 0x8005, lowest bit first), in the byte order of the chip."""
    value = 0
    for byte in data:
        for bit in range(8):
            odd = (byte >> bit & 1) ^ value >> 15
            value = (value << 1 & 0xFFFF) ^ (0x8005 if odd else 0)
    return value.to_bytes(2, "little")


def command(code: int, p1: int, p2: int, data=b"") -> bytes:
    """A command as it is sent to the chip."""
    packet = bytes((7 + len(data), code, p1, p2 & 0xFF, p2 >> 8)) + data
    return b"\x03" + packet + crc(packet)


class ATECC608:
    """The chip's commands.

    i2c       an object with the methods `readfrom` and `writeto` of machine.I2C, at 100 kHz
    pause     seconds between two polls for the answer
    patience  polls before the chip counts as silent: they take a second, or 1.5 if the bus hangs
    wake      seconds from the wake-up signal to the first poll

    Each method raises StatusError if the chip refuses, ChipError if it does not answer.
    """

    def __init__(self, i2c, address: int = ADDRESS, pause: float = 0.002, patience: int = 500, wake: float = 0.0015):
        self._i2c = i2c
        self._address = address
        self._pause = pause
        self._patience = patience
        self._wake_pause = wake

    def revision(self) -> int:
        """0x60 for an ATECC608, 0x50 for an ATECC508."""
        return self._run((4, 0x30, 0, 0))[2]

    def serial_number(self) -> bytes:
        """The chip's unique serial number, 9 bytes."""
        block = self._run((32, 0x02, 0x80, 0))
        return block[:4] + block[8:13]

    def locked(self) -> tuple:
        """(whether the configuration is locked, whether the slots are). The chip can make keys only once its
        configuration is locked, and its slots can be read only once they are."""
        word = self._run((4, 0x02, 0x00, 0x15))
        return word[3] == 0, word[2] == 0

    def read(self, slot: int, size: int) -> bytes:
        """The first `size` bytes of a slot: up to 416 of slot 8, 72 of slots 9 to 15, 36 of the others."""
        data = b""
        while len(data) < size:
            n, zone, address = _place(slot, len(data), size)
            data += self._run((n, 0x02, zone, address))
        return data[:size]

    def write(self, slot: int, data):
        """Write the beginning of a slot, padded with zeros to a multiple of 4 bytes."""
        data = bytes(data) + bytes(-len(data) % 4)
        at = 0
        while at < len(data):
            n, zone, address = _place(slot, at, len(data))
            self._run((1, 0x12, zone, address, data[at : at + n]))
            at += n

    def random(self) -> bytes:
        """32 random bytes."""
        return self._run((32, 0x1B, 0, 0))

    def generate(self, slot: int) -> bytes:
        """Make a private key in a slot, replacing an earlier one. Returns its public key: 65 bytes, 04 X Y."""
        return b"\x04" + self._run((64, 0x40, 0x04, slot))

    def public_key(self, slot: int) -> bytes:
        """The public key of the private key in a slot: 65 bytes, 04 X Y."""
        return b"\x04" + self._run((64, 0x40, 0x00, slot))

    def sign(self, slot: int, digest: bytes) -> bytes:
        """The signature (r and s, 64 bytes) of a SHA-256 digest by the private key in a slot."""
        # The random number reseeds the chip's generator, which the signature uses. The digest then goes into a register
        # that is lost when the chip sleeps, so all three run without sleep between them.
        return self._run((32, 0x1B, 0, 0), (1, 0x16, 0x03, 0, bytes(digest)), (64, 0x41, 0x80, slot))

    def _run(self, *steps):
        # Run commands between waking and sleep, each given as (size of its answer, …arguments of `command`). Start
        # again at the first if a transfer is damaged. Returns the last answer.
        problem = ""
        for _ in range(_ATTEMPTS):
            try:
                self._wake()
                for step in steps:
                    answer = self._transfer(command(*step[1:]), step[0])
                return answer
            except _Damaged as error:
                problem = error.args[0]
            finally:
                self._quietly(self._address, _SLEEP)
        raise ChipError("The secure element %s." % problem)

    def _wake(self):
        for _ in range(_ATTEMPTS):
            self._quietly(0, b"")  # no chip acknowledges: the long low on the data line is the wake-up signal
            sleep(self._wake_pause)
            try:
                if self._i2c.readfrom(self._address, 4) == _AWAKE:
                    return
            except OSError:
                pass
            self._quietly(self._address, _SLEEP)  # it may have been awake
        raise _Damaged("does not wake")

    def _quietly(self, address, data):
        try:
            self._i2c.writeto(address, data)
        except OSError:
            pass

    def _transfer(self, packet, size):
        try:
            self._i2c.writeto(self._address, packet)
        except OSError:
            raise _Damaged("does not take a command")
        since = ticks_ms()
        answer = None
        for _ in range(self._patience):
            sleep(self._pause)
            try:
                answer = self._i2c.readfrom(self._address, size + 3)
                break
            except OSError:  # not ready; or the bus hangs, and each poll runs into its timeout
                if ticks_diff(ticks_ms(), since) > _SILENCE:
                    break
        if answer is None:
            raise _Damaged("does not answer")
        n = answer[0]
        if n not in (4, size + 3) or crc(answer[: n - 2]) != bytes(answer[n - 2 : n]):
            raise _Damaged("sends damaged answers")
        if n > 4:
            return bytes(answer[1:-2])
        status = answer[1]
        if status in _AGAIN:
            raise _Damaged("receives damaged commands")
        if status or size != 1:
            raise StatusError(status)
        return b""


class _Damaged(Exception):
    pass


def _place(slot, at, end):
    # (bytes that one command moves, zone, address), from byte `at` of a slot on: 32 at once, the rest in fours
    n = 32 if end - at > 28 and at % 32 == 0 else 4
    return n, 0x82 if n == 32 else 0x02, slot << 3 | at // 32 << 8 | at % 32 // 4
