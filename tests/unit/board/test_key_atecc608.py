"""The secure element ATECC608, to the byte: packets, commands, damage to them, and the store in the chip."""

from hashlib import sha256

from arduino_cloud_board.chips import atecc608
from arduino_cloud_board.chips.atecc608 import ATECC608, StatusError
from arduino_cloud_board.key_store import ChipError, KeyCorrupted, KeyNotFound
from arduino_cloud_board.keys import csr, der, ecc_certificate, p256
from arduino_cloud_board.keys.atecc608 import ATECC608Keys
from atecc608_chip import ATECC608Chip, _r_and_s, crc16
from chip_rig import SlowBus, verify
from portable_assert import raises
from seeded import Seeded
from storage_rig import PowerCut

TIMEOUT = 120
HEAPSIZE = "8m"  # the chip keeps all that it receives
PRIVATE = (0x123456789).to_bytes(32, "big")
AUTHORITY = (0x987654321).to_bytes(32, "big")
DIGEST = bytes(range(100, 132))
DEVICE_ID = b"d0d0d0d0-1111-4222-8333-d0d0d0d0d0d0"
# From 2024-11-23, 21:00, for 31 years
WRITTEN = bytes((24 << 3 | 11 >> 1, (11 & 1) << 7 | 23 << 2 | 21 >> 3, (21 & 7) << 5 | 31))


def opened(chip):
    """The commands of a chip, without real waiting."""
    return ATECC608(chip, pause=0, patience=20, wake=0)


def keys(chip):
    """The store in a chip."""
    return ATECC608Keys(opened(chip))


def sent(chip):
    """The commands that the host has sent, in hexadecimal."""
    return ["".join(["%02X" % byte for byte in data]) for data in chip.written if data[:1] == b"\3"]


def signed(point, serial=bytes(range(1, 17)), authority=bytes(range(20)), device_id=DEVICE_ID, packed=WRITTEN):
    """A certificate like Arduino's for a key: (certificate, compressed, identifiers)."""
    draft = ecc_certificate.rebuild(b"\1" * 64 + packed, serial + authority, device_id, point)
    at = der.content(draft, der.SEQUENCE)[0]
    to_sign = draft[at : der.read(draft, at)[2]]
    compressed = _r_and_s(p256.sign(AUTHORITY, sha256(to_sign).digest())) + packed
    identifiers = serial + authority
    return ecc_certificate.rebuild(compressed, identifiers, device_id, point), compressed, identifiers


_made = {}


def a_certificate():
    """The certificate for PRIVATE, made only once."""
    if not _made:
        _made["it"] = signed(p256.public_point(PRIVATE))
    return _made["it"]


def set_up():
    """A chip as Arduino's tools set it up."""
    _, compressed, identifiers = a_certificate()
    chip = ATECC608Chip(private=PRIVATE)
    for slot, data in ((10, compressed), (11, identifiers), (12, DEVICE_ID)):
        chip.slots[slot] = data + bytes(72 - len(data))
    return chip


def test_packets_to_the_byte():
    chip = set_up()
    commands = opened(chip)
    commands.revision()
    commands.random()
    commands.locked()
    commands.serial_number()
    commands.sign(0, DIGEST)
    commands.generate(0)
    commands.public_key(0)
    commands.read(10, 72)
    commands.write(8, b"12345")
    nonce = "0327160300" + "00" + "".join(["%02X" % byte for byte in DIGEST])
    expected = [
        "03073000000003 5D",
        "03071B00000024CD",
        "0307020015 00175D",
        "030702800000 09AD",
        "03071B00000024CD",
        nonce + "".join(["%02X" % byte for byte in crc16(bytes.fromhex(nonce[2:]))]),
        "03074180000028 05",
        "03074004000083 87",
        "03074000000000 05",
        "03070282500 00A14",
        "03070282500 10997",
        "030702025002",
        "030702025102",
        "030B12024000",
        "030B12024100",
    ]
    found = sent(chip)
    assert len(found) == len(expected)
    for one, wanted in zip(found, expected):
        assert one.startswith(wanted.replace(" ", "")), (one, wanted)


def test_the_checksum_is_that_of_the_known_packets():
    assert atecc608.crc(b"\x04\x11") == b"\x33\x43" and atecc608.crc(b"\x04\0") == b"\x03\x40"
    seeded = Seeded(1)
    for _ in range(50):
        data = seeded.bytes(1 + seeded.below(40))
        assert atecc608.crc(data) == crc16(data)


def test_each_command_wakes_the_chip_and_sends_it_to_sleep():
    chip = set_up()
    opened(chip).random()
    assert [bytes(data[:1]) for data in chip.written] == [b"", b"\3", b"\1"]
    raises(OSError, chip.readfrom, 0x60, 4)


def test_what_a_chip_says_of_itself():
    chip = set_up()
    commands = opened(chip)
    assert commands.revision() == 0x60
    assert commands.serial_number() == ATECC608Chip.SERIAL
    for locked in ((True, True), (True, False), (False, False)):
        assert opened(ATECC608Chip(locked=locked)).locked() == locked


def test_slots_of_every_length():
    chip = set_up()
    commands = opened(chip)
    seeded = Seeded(1)
    for slot, largest in ((8, 416), (9, 72)):
        for size in (1, 4, 5, 28, 29, 31, 32, 33, 36, 63, 64, 65, 72, 416):
            if size <= largest:
                data = seeded.bytes(size)
                commands.write(slot, data)
                assert commands.read(slot, size) == data, (slot, size)
    assert chip.slots[9][:72] == data[:0] + commands.read(9, 72)


def test_what_the_chip_refuses_is_said():
    commands = opened(ATECC608Chip())
    for call in (lambda: commands.sign(0, DIGEST), lambda: commands.public_key(2)):
        assert raises(StatusError, call).status == 0x0F
    assert raises(StatusError, commands.read, 3, 32).status == 0x0F
    assert "0x0f" in str(raises(StatusError, commands.public_key, 1))


def test_a_chip_that_is_not_there_or_does_not_end_is_said():
    class Nobody:
        def writeto(self, address, data):
            raise OSError(19)

        readfrom = writeto

    assert "does not wake" in str(raises(ChipError, opened(Nobody()).random))
    chip = set_up()
    chip.busy = 1000
    assert "does not answer" in str(raises(ChipError, opened(chip).random))


def test_a_chip_that_is_waited_for_is_given_up_in_time():
    with SlowBus(atecc608, 52) as bus:
        raises(ChipError, ATECC608(bus, pause=0, wake=0).random)
        assert bus.now < 2000
    chip = set_up()
    with SlowBus(atecc608, 52, chip) as bus:
        commands = ATECC608(bus, pause=0, wake=0)
        chip.busy = 10**9
        raises(ChipError, commands.random)
        assert 4500 < bus.now < 6000
        chip.busy = 0
        assert len(commands.random()) == 32


OPERATIONS = (
    ("revision", lambda commands: commands.revision()),
    ("locked", lambda commands: commands.locked()),
    ("read", lambda commands: commands.read(10, 72)),
    ("write", lambda commands: commands.write(9, b"w" * 40)),
    ("public key", lambda commands: commands.public_key(0)),
    ("sign", lambda commands: commands.sign(0, DIGEST)),
    ("random", lambda commands: commands.random()),
)


def test_every_damaged_byte_is_made_good():
    known = set_up().keys
    for name, operation in OPERATIONS:
        chip = set_up()
        chip.keys = known
        result = operation(opened(chip))
        for at in range(chip.bytes):
            damaged = set_up()
            damaged.keys = known
            damaged.damage = {at: (0x03, 0xFF, 0x80)[at % 3]}
            assert operation(opened(damaged)) == result, (name, at)
            assert damaged.slots == chip.slots, (name, at)


def test_a_key_made_twice_because_of_damage_is_the_chips():
    chip = ATECC608Chip()
    opened(chip).generate(0)
    known = chip.keys
    for at in range(chip.bytes):
        damaged = ATECC608Chip()
        damaged.keys = known
        damaged.damage = {at: 0x10}
        assert opened(damaged).generate(0) == known.public(damaged.slots[0]), at


def test_a_line_that_damages_everything_is_said():
    for every in (0x01, 0xFF):
        chip = set_up()
        chip.every = every
        raises(ChipError, opened(chip).read, 10, 72)
        assert chip.transfers < 400
        chip.every = 0
        assert len(opened(chip).read(10, 72)) == 72


def test_the_chips_key_signs():
    chip = ATECC608Chip()
    store = keys(chip)
    assert store.names() == []
    raises(KeyNotFound, store.public_key, "key")
    assert raises(KeyNotFound, store.sign, "key", DIGEST).name == "key"
    store.create_key("key")
    point = store.public_key("key")
    assert verify(point, DIGEST, store.sign("key", DIGEST))
    assert not verify(point, bytes(32), store.sign("key", DIGEST))
    assert csr.public_key_of(csr.csr("board", store.key("key"))) == point
    assert store.names() == ["key"]
    raises(ValueError, store.sign, "key", b"short")
    raises(OSError, store.load, "key")
    raises(KeyNotFound, store.sign, "other", DIGEST)


def test_the_certificate_is_rebuilt():
    store = keys(set_up())
    assert store.load("certificate") == a_certificate()[0]
    assert store.load("device_id") == DEVICE_ID
    assert store.names() == ["certificate", "device_id", "key"]
    for name in ("networks", "secret_key"):
        raises(KeyNotFound, store.load, name)
        raises(OSError, store.store, name, b"1")


def test_the_device_id_ends_at_the_first_zero():
    for slot in (DEVICE_ID + b"\0" + b"left over" * 3, DEVICE_ID + b"\xff" * 36, DEVICE_ID + bytes(36)):
        chip = set_up()
        chip.slots[12] = slot + b"\xff" * (72 - len(slot))
        assert keys(chip).load("device_id") == DEVICE_ID
        assert keys(chip).load("certificate") == a_certificate()[0]
    raises(KeyNotFound, keys(ATECC608Chip()).load, "device_id")


def test_what_cannot_be_deleted_is_said():
    chip = set_up()
    store = keys(chip)
    before = dict(chip.slots)
    for name in ("key", "device_id"):
        assert raises(OSError, store.delete, name).args[0] == 13
    raises(KeyNotFound, store.delete, "networks")
    for name in ("Key", "", None):
        for call in (store.load, store.delete, lambda name: store.store(name, b"1")):
            raises(ValueError, call, name)
    assert chip.slots == before
    store.delete("certificate")
    raises(KeyNotFound, store.delete, "certificate")


def test_a_certificate_survives_the_chip():
    point = p256.public_point(PRIVATE)
    for zeros in range(3):
        seeded = Seeded(zeros)
        serial = bytes(zeros) + seeded.bytes(16 - zeros)
        authority = seeded.bytes(20) if zeros else bytes(20)
        certificate = signed(point, serial, authority, packed=bytes((200 + zeros, 0x8C, 0x22)))[0]
        chip = ATECC608Chip(private=PRIVATE)
        store = keys(chip)
        raises(KeyNotFound, store.load, "certificate")
        store.store("certificate", certificate)
        assert keys(ATECC608Chip(chip.slots)).load("certificate") == certificate
        assert store.load("device_id") == DEVICE_ID
        store.delete("certificate")
        raises(KeyNotFound, store.load, "certificate")


def test_certificates_that_do_not_fit_are_refused():
    chip = set_up()
    before = dict(chip.slots)
    store = keys(chip)
    good = a_certificate()[0]
    seeded = Seeded(7)
    for data in [signed(p256.public_point(AUTHORITY))[0], csr.csr("board", csr.create_key()), b"0\0", b"x"] + [
        good[:n] for n in range(1, len(good), 7)
    ]:
        raises(ValueError, store.store, "certificate", data)
    for _ in range(150):
        data = seeded.mutated(good)
        try:
            store.store("certificate", data)
            assert store.load("certificate") == data
        except ValueError:
            pass
    long = signed(p256.public_point(PRIVATE), device_id=b"d" * 73)[0]
    assert "device id does not fit" in str(raises(ValueError, store.store, "certificate", long))
    store.store("certificate", good)
    assert chip.slots == before


def test_a_cut_between_any_two_commands():
    first = a_certificate()[0]
    second = signed(p256.public_point(PRIVATE), serial=b"\x11" * 16, device_id=b"another")[0]
    whole = set_up()
    keys(whole).store("certificate", second)
    for units in range(whole.supply.used):
        chip = set_up()
        chip.supply.units = units
        try:
            keys(chip).store("certificate", second)
        except PowerCut:
            pass
        store = keys(ATECC608Chip(chip.slots))
        try:
            assert store.load("certificate") in (first, second), units
        except (KeyNotFound, KeyCorrupted) as error:
            assert error.name == "certificate"
        store.store("certificate", second)
        assert store.load("certificate") == second


def test_half_a_certificate_says_so():
    for slot in (10, 11, 12):
        chip = set_up()
        chip.slots[slot] = b"\xff" * 72 if slot == 12 else bytes(64) + b"\xff" * 8
        error = raises(KeyCorrupted, keys(chip).load, "certificate")
        assert error.name == "certificate"
        assert "key" in keys(chip).names()


def test_a_chip_that_was_never_set_up_is_refused():
    for locked in ((False, False), (True, False)):
        chip = ATECC608Chip(locked=locked)
        assert "has not been set up" in str(raises(OSError, keys, chip))
        # and nothing here locks it: that cannot be undone
        assert not [data for data in chip.written if data[2:3] == b"\x17"]


def test_a_certificate_that_the_chip_refuses_midway_leaves_the_old_one():
    old, other = a_certificate()[0], signed(p256.public_point(PRIVATE), serial=bytes(range(20, 36)))[0]
    for number in range(1, 5):
        chip = set_up()
        store = keys(chip)
        store.store("certificate", old)
        write = store.chip.write
        calls = []

        def refuses(slot, data):
            calls.append(slot)
            if len(calls) == number:
                raise StatusError(0x0F)
            write(slot, data)

        store.chip.write = refuses
        assert raises(StatusError, store.store, "certificate", other).status == 0x0F
        assert store.load("certificate") == old and len(calls) == number + 4
        store.chip.write = write
        store.store("certificate", other)
        assert store.load("certificate") == other


def test_a_fault_of_the_curve_that_passes_is_not_a_missing_key():
    chip = set_up()
    store = keys(chip)
    expected = store.public_key()
    for faults, status in ((1, 0x05), (2, 0x05), (3, 0x05), (1, 0x0F)):
        left = [status] * faults
        do = chip._do
        chip._do = lambda code, *rest: left.pop() if left and code in (0x40, 0x41) else do(code, *rest)
        try:
            if faults < 3 and status == 0x05:
                assert store.public_key() == expected
                left = [status] * faults
                assert verify(expected, DIGEST, store.sign("key", DIGEST))
                assert store.has("key")
            else:
                assert raises(KeyNotFound, store.public_key).name == "key"
        finally:
            chip._do = do
