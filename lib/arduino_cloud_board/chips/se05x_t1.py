"""The link layer of an SE05x on the host's side: T=1 blocks over I2C (NXP UM11225).

A block is NAD, PCB, LEN, up to 254 bytes, and a CRC. A busy chip does not acknowledge its address. Both sides ask for
a damaged block again; a block that stays damaged is an OSError.

The host gives up after 2 seconds if the chip does not take a block, after 20 if it takes blocks but does not answer,
and after 30 if it keeps asking for more time.
"""

from time import sleep

from arduino_iot_cloud.port import const, ticks_diff, ticks_ms

from . import ChipError

ADDRESS = 0x48

_TO_CHIP = 0x5A
_FROM_CHIP = 0xA5
_LARGEST = 254
_MORE = 0x20  # in the PCB of an I-block: the next one continues it
_R_BLOCK = 0x80
_S_REQUEST = 0xC0
_S_RESPONSE = 0xE0
_RESYNC = 0
_SOFT_RESET = 0x0F
_ATTEMPTS = 5  # for one block
_EXTENSIONS = 500  # of the waiting time, for one command
_LONGEST = const(20000)  # ms for all of them: nothing else runs meanwhile, so it must be less than a watchdog waits
_SILENCE = const(2000)  # ms for one transfer
_SILENT = "does not answer"
_BROKEN = "sends damaged blocks"


class _Damaged(Exception):
    pass


def crc(data, start: int = 0) -> int:
    """CRC-16/X-25 of the bytes from `start` on."""
    value = 0xFFFF
    for i in range(start, len(data)):
        value ^= data[i]
        for _ in range(8):
            value = value >> 1 ^ 0x8408 if value & 1 else value >> 1
    return value ^ 0xFFFF


def block(pcb: int, content=b"") -> bytes:
    """A block to the chip."""
    data = bytes((_TO_CHIP, pcb, len(content))) + content
    return data + crc(data).to_bytes(2, "little")


class T1:
    """The link to a chip.

    i2c       an object with the methods `readfrom` and `writeto` of machine.I2C
    pause     seconds between two polls
    patience  polls before the chip counts as silent, which it does after two seconds in any case
    """

    def __init__(self, i2c, address: int = ADDRESS, pause: float = 0.001, patience: int = 2000):
        self._i2c = i2c
        self._address = address
        self._pause = pause
        self._patience = patience
        self._sent = self._received = 0  # numbers of the next I-blocks

    def reset(self) -> bytes:
        """Reset the chip. Returns its answer to reset. Raises ChipError if there is no chip."""
        self._sent = self._received = 0
        return self._ask(_SOFT_RESET)

    def exchange(self, command) -> bytes:
        """Send a command (APDU) and return the answer. Raises ChipError; the chip may still have run the command."""
        try:
            return self._exchange(memoryview(command))
        except ChipError:
            self._resync()
            raise

    def _exchange(self, command):
        for at in range(0, len(command), _LARGEST):
            more = _MORE if at + _LARGEST < len(command) else 0
            frame = block(self._sent << 6 | more, bytes(command[at : at + _LARGEST]))
            self._sent ^= 1
            pcb, content = self._round(frame, more)
        answer = content
        while pcb & _MORE:
            pcb, content = self._round(block(_R_BLOCK | self._received << 4), 0)
            answer += content
        return answer

    def _round(self, frame, more):
        # Send a block and return the answer to it: an I-block, or an acknowledgement if `more` follows
        damaged = extensions = 0
        since = ticks_ms()
        last = send = frame  # `last` is never a request to repeat
        while True:
            self._write(send)
            try:
                pcb, content = self._read()
                kind = pcb & 0xE0
                if not pcb & 0x80 and not more and pcb >> 6 == self._received:
                    self._received ^= 1
                    return pcb, content
                if pcb & 0xC0 == _R_BLOCK:
                    arrived = pcb >> 4 & 1 == self._sent
                    if more and arrived:
                        return pcb, content
                    # If it has the command, it did not understand a later block
                    if not arrived:
                        send = last
                    elif send is frame:
                        send = block(_R_BLOCK | self._received << 4 | 1)
                    raise _Damaged("receives damaged blocks")
                if kind != _S_REQUEST:
                    send = last  # it repeated an earlier answer, so it has not received the command
                    raise _Damaged("sent a block out of turn")
            except _Damaged as problem:
                damaged += 1
                if damaged == _ATTEMPTS:
                    raise ChipError("The secure element %s." % problem.args[0])
                if problem.args[0] in (_SILENT, _BROKEN):
                    send = block(_R_BLOCK | self._received << 4 | 1)
                continue
            # A request of the link layer, usually for more time
            extensions += 1
            if extensions > _EXTENSIONS or ticks_diff(ticks_ms(), since) > _LONGEST:
                raise ChipError("The secure element does not finish.")
            last = send = block(_S_RESPONSE | pcb & 0x1F, content)

    def _ask(self, kind):
        # Send a request of the link layer; returns the content of its response
        problem = ""
        for _ in range(_ATTEMPTS):
            self._write(block(_S_REQUEST | kind))
            try:
                pcb, content = self._read()
            except _Damaged as error:
                problem = error.args[0]
                continue
            if pcb == _S_RESPONSE | kind:
                return content
            problem = "answered something else"
        raise ChipError("The secure element %s." % problem)

    def _resync(self):
        self._sent = self._received = 0
        try:
            self._ask(_RESYNC)
        except ChipError:
            pass  # the caller reports the first error

    def _write(self, data):
        if self._patiently(self._i2c.writeto, data) is None:
            raise ChipError("The secure element %s." % _SILENT)

    def _read(self):
        head = self._patiently(self._i2c.readfrom, 3)
        if head is None:
            raise _Damaged(_SILENT)
        rest = self._patiently(self._i2c.readfrom, head[2] + 2)
        if rest is None or head[0] != _FROM_CHIP or head[2] > _LARGEST:
            raise _Damaged(_BROKEN)
        data = bytes(head) + bytes(rest)
        if crc(data[:-2]) != int.from_bytes(data[-2:], "little"):
            raise _Damaged(_BROKEN)
        return data[1], data[3:-2]

    def _patiently(self, transfer, argument):
        # Returns None if the chip does not acknowledge its address for too long
        since = ticks_ms()
        for _ in range(self._patience):
            try:
                result = transfer(self._address, argument)
                return True if result is None else result
            except OSError:
                if ticks_diff(ticks_ms(), since) > _SILENCE:  # on a bus that hangs, each poll takes long
                    break
                sleep(self._pause)
        return None
