"""The secure element SE05x, to the byte: frames, commands, and damage to them."""

from arduino_cloud_board.chips import se05x_t1
from arduino_cloud_board.chips.se05x import SE05X, StatusError
from arduino_cloud_board.chips.se05x_t1 import T1
from arduino_cloud_board.key_store import ChipError
from arduino_cloud_board.keys.se05x import CERTIFICATE, KEY, SE05XKeys
from chip_rig import SlowBus
from portable_assert import raises
from se05x_chip import ATR, SE05XChip
from seeded import Seeded

TIMEOUT = 120
HEAPSIZE = "8m"  # the chip keeps all that it receives
DIGEST = bytes(range(100, 132))
SELECT = "5A001600A4040010A00000039654530000000103000000000 0A8C8".replace(" ", "")


def opened(chip):
    """The commands of a chip, on a link without real waiting."""
    return SE05X(T1(chip, pause=0, patience=20))


def keys(chip):
    """The store in a chip."""
    return SE05XKeys(opened(chip))


def frames(chip):
    """What the host has sent, in hexadecimal; each transfer once, even if the chip was busy."""
    found = []
    for data in chip.written:
        text = "".join(["%02X" % byte for byte in data])
        if not found or found[-1] != text:
            found.append(text)
    return found


def test_the_checksum():
    assert se05x_t1.crc(b"123456789") == 0x906E


def test_the_first_frames():
    chip = SE05XChip(waits=0)
    assert opened(chip).version == b"\x07\x02\x00"
    assert frames(chip) == ["5ACF00377F", SELECT]


def test_the_answer_to_reset():
    assert T1(SE05XChip(), pause=0).reset() == ATR


def test_a_command_that_asks_for_time():
    chip = SE05XChip(waits=3)
    opened(chip)
    assert frames(chip) == ["5ACF00377F", SELECT, "5AE30101F21B"]
    assert chip.written.count(bytes.fromhex("5AE30101F21B")) >= 3


def test_numbers_alternate():
    chip = SE05XChip(waits=0, busy=0)
    commands = opened(chip)
    for _ in range(3):
        commands.exists(KEY)
    assert [frame[:12] for frame in frames(chip)[2:]] == ["5A400C800400", "5A000C800400", "5A400C800400"]


def test_frames_of_the_link():
    assert se05x_t1.block(0xC0) == bytes.fromhex("5AC000FFFC")
    assert se05x_t1.block(0xC1, b"\xfe") == bytes.fromhex("5AC101FE09A2")
    assert se05x_t1.block(0x90) == bytes.fromhex("5A9000082F")
    assert se05x_t1.block(0x81) == bytes.fromhex("5A810041A3")
    assert se05x_t1.block(0x40, bytes.fromhex("8004002000")) == bytes.fromhex("5A400580040020002293")


def test_commands_to_the_byte():
    chip = SE05XChip(waits=0, busy=0)
    commands = opened(chip)
    commands.generate(KEY)
    commands.public_key(KEY)
    commands.sign(KEY, DIGEST)
    commands.write(CERTIFICATE, b"abc")
    commands.size(CERTIFICATE)
    commands.read(CERTIFICATE)
    commands.delete(CERTIFICATE)
    commands.random(4)
    commands.objects()
    sent = ["".join(["%02x" % byte for byte in one]) for one in chip.commands[1:]]
    assert sent == [
        "8004002706410400000064" + "00",
        "8001610009410400000064420103",
        "8002000006410400000064" + "00",
        "80030c092b410400000064" + "420121" + "4320" + DIGEST.hex() + "00",
        "8001060013" + "410400000065" + "42020000" + "43020003" + "4403616263",
        "8002000706410400000065" + "00",
        "8002000706410400000065" + "00",
        "800200000e410400000065" + "42020000" + "43020003" + "00",
        "8004002806410400000065",
        "8004004904" + "41020004" + "00",
        "8002002507" + "41020000" + "4201ff" + "00",
    ]


def test_long_commands_and_answers_go_in_parts():
    seeded = Seeded(1)
    for part in (1, 60, 254):
        chip = SE05XChip(part=part)
        link = T1(chip, pause=0, patience=20)
        commands = SE05X(link)
        for n in (1, 199, 200, 201, 412, 1000):
            data = seeded.bytes(n)
            commands.write(5, data)
            assert commands.read(5) == data
            commands.delete(5)
    # a command of more than one block is chained
    commands._command(0x01, 0x06, 0x00, (0x41, b"\0\0\0\7"), (0x43, b"\2\x58"), (0x44, seeded.bytes(600)))
    assert len(chip.objects[7]) == 600
    assert any([frame[2:4] in ("20", "60") for frame in frames(chip)])
    for n in (233, 234, 235, 487, 488, 489):  # the command ends with a block, or just before or after its end
        data = seeded.bytes(n)
        commands._command(0x01, 0x06, 0x00, (0x41, b"\0\0\0\x08"), (0x43, n.to_bytes(2, "big")), (0x44, data))
        assert chip.objects.pop(8) == data
    assert 254 in [len(command) for command in chip.commands] and 508 in [len(command) for command in chip.commands]
    assert commands.read(7) == chip.objects[7]


def test_a_busy_chip_is_waited_for():
    chip = SE05XChip(busy=15)
    assert opened(chip).exists(1) is False
    assert raises(ChipError, opened, SE05XChip(busy=200)).args[0] == 5


def test_a_chip_that_is_not_there_is_said():
    class Nobody:
        def writeto(self, address, data):
            raise OSError(19)

        def readfrom(self, address, n):
            raise OSError(19)

    assert "does not answer" in str(raises(ChipError, opened, Nobody()))


def test_a_chip_that_never_ends_is_left():
    chip = SE05XChip()
    commands = opened(chip)
    chip.waits = 10**9
    assert "does not finish" in str(raises(ChipError, commands.exists, 1))
    chip.waits = 0
    assert commands.exists(1) is False  # the link is in step again


def test_a_chip_that_is_waited_for_is_given_up_in_time():
    with SlowBus(se05x_t1, 52) as bus:
        raises(ChipError, SE05X, T1(bus, pause=0))
        assert 2000 < bus.now < 2200
    chip = SE05XChip(busy=0)
    with SlowBus(se05x_t1, 50, chip) as bus:
        commands = SE05X(T1(bus, pause=0))
        for waits, silent, limit in ((10**9, (), 20000), (0, range(10**9), 20000)):
            chip.waits, chip.silent, start = waits, silent, bus.now
            raises(ChipError, commands.exists, 1)
            assert limit - 500 < bus.now - start < limit + 1500, (limit, bus.now - start)
        chip.silent = ()
        assert commands.exists(1) is False  # the link is in step again


def test_what_the_chip_refuses_is_said():
    commands = opened(SE05XChip())
    for call in (lambda: commands.read(9), lambda: commands.delete(9), lambda: commands.sign(9, DIGEST)):
        error = raises(StatusError, call)
        assert error.status == 0x6985 and "6985" in str(error)


OPERATIONS = (
    ("exists", lambda commands: commands.exists(KEY)),
    ("read", lambda commands: commands.read(5)),
    ("write", lambda commands: commands.write(6, b"w" * 30)),
    ("delete", lambda commands: commands.delete(5)),
    ("generate", lambda commands: commands.generate(KEY)),
    ("public key", lambda commands: commands.public_key(KEY)),
    ("sign", lambda commands: commands.sign(KEY, DIGEST)),
    ("objects", lambda commands: commands.objects()),
    ("random", lambda commands: commands.random(90)),
)


def ready(part, keep=[]):
    """A chip with a key and an object, and its commands. `start`: the bytes that were sent for these."""
    chip = SE05XChip(part=part, busy=1)
    if keep:
        chip.keys = keep[0]
    keep[:] = [chip.keys]
    commands = opened(chip)
    commands.generate(KEY)
    commands.write(5, b"object " * 7)
    chip.start = chip.bytes
    chip.blocks_before = chip._blocks
    return chip, commands


def test_every_damaged_byte_is_made_good():
    for name, operation in OPERATIONS:
        chip, commands = ready(40)
        result = operation(commands)
        total = chip.bytes - chip.start
        assert total > 20
        for at in range(total):
            damaged, commands = ready(40)
            damaged.damage = {damaged.start + at: (0x40, 0xFF, 0x01)[at % 3]}
            assert operation(commands) == result, (name, at)
            assert damaged.objects == chip.objects, (name, at)
            assert commands.exists(5) == (name != "delete")


def test_two_damaged_bytes_are_made_good():
    seeded = Seeded(2)
    for name, operation in OPERATIONS:
        chip, commands = ready(40)
        result = operation(commands)
        total = chip.bytes - chip.start
        for _ in range(60):
            damaged, commands = ready(40)
            at = seeded.below(total)
            damaged.damage = {damaged.start + at: 0x20, damaged.start + at + 1 + seeded.below(30): 0x81}
            assert operation(commands) == result, (name, damaged.damage)
            assert damaged.objects == chip.objects


def test_blocks_that_do_not_arrive_are_asked_for_again():
    for name, operation in OPERATIONS:
        chip, commands = ready(40)
        result = operation(commands)
        for number in range(chip.blocks_before, chip._blocks):
            lossy, commands = ready(40)
            lossy.silent = (number,)
            assert operation(commands) == result and lossy.objects == chip.objects, (name, number)


def test_a_line_that_damages_everything_is_said():
    for every in (0x01, 0xFF):
        chip, commands = ready(254)
        chip.every = every
        before = chip.transfers
        raises(ChipError, commands.exists, KEY)
        assert chip.transfers - before < 400
        chip.every = 0
        assert commands.exists(KEY)


def test_a_serial_number_is_read():
    assert opened(SE05XChip({0x7FFF0206: bytes(range(18))})).serial_number() == bytes(range(18))
