"""The secure element SE05x, to the byte: frames, commands, what damages them, and the store in the chip."""

from arduino_cloud_board import csr, der, se05x_t1
from arduino_cloud_board.key_store import ChipError, KeyCorrupted, KeyNotFound, seal
from arduino_cloud_board.se05x import SE05X, StatusError
from arduino_cloud_board.se05x_keys import CERTIFICATE, KEY, SE05XKeys
from arduino_cloud_board.se05x_t1 import T1
from chip_rig import SlowBus, verify
from portable_assert import raises
from se05x_chip import ATR, SE05XChip
from seeded import Seeded
from storage_rig import PowerCut

TIMEOUT = 120
HEAPSIZE = "8m"  # the chip keeps what it is sent
DIGEST = bytes(range(100, 132))
SELECT = "5A001600A4040010A00000039654530000000103000000000 0A8C8".replace(" ", "")
ONE, OTHER = 188781, 326020  # numbers whose names have the same checksum, as far as it counts
A_CERTIFICATE = der.sequence(b"c" * 300)


def opened(chip):
    """The commands of a chip, on a link that does not wait in earnest."""
    return SE05X(T1(chip, pause=0, patience=20))


def keys(chip):
    """The store in a chip."""
    return SE05XKeys(opened(chip))


def frames(chip):
    """What the host has sent, in hexadecimal; each transfer once, though the chip was busy."""
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
    # a command of more than one block: chained
    commands._command(0x01, 0x06, 0x00, (0x41, b"\0\0\0\7"), (0x43, b"\2\x58"), (0x44, seeded.bytes(600)))
    assert len(chip.objects[7]) == 600
    assert any([frame[2:4] in ("20", "60") for frame in frames(chip)])
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
    assert "does not come to an end" in str(raises(ChipError, commands.exists, 1))
    chip.waits = 0
    assert commands.exists(1) is False  # and the link is in step again


def test_a_chip_that_is_waited_for_is_given_up_in_time():
    with SlowBus(se05x_t1, 52) as bus:
        raises(ChipError, SE05X, T1(bus, pause=0))
        assert 2000 < bus.now < 2200
    chip = SE05XChip(busy=0)
    with SlowBus(se05x_t1, 50, chip) as bus:
        commands = SE05X(T1(bus, pause=0))
        for waits, silent, limit in ((10**9, (), 30000), (0, range(10**9), 20000)):
            chip.waits, chip.silent, start = waits, silent, bus.now
            raises(ChipError, commands.exists, 1)
            assert limit - 500 < bus.now - start < limit + 1500, (limit, bus.now - start)
        chip.silent = ()
        assert commands.exists(1) is False  # and the link is in step again


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
    """A chip with a key and an object, its commands, and the bytes from which on they count."""
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


def test_the_chips_key_signs():
    store = keys(SE05XChip())
    raises(KeyNotFound, store.public_key, "key")
    raises(KeyNotFound, store.sign, "key", DIGEST)
    store.create_key("key")
    point = store.public_key("key")
    assert verify(point, DIGEST, store.sign("key", DIGEST))
    assert not verify(point, bytes(32), store.sign("key", DIGEST))
    store.create_key("key")
    assert store.public_key("key") != point
    assert csr.public_key_of(csr.csr("board", store.key("key"))) == store.public_key("key")
    raises(ValueError, store.sign, "key", b"short")
    raises(OSError, store.load, "key")
    raises(OSError, store.store, "key", b"mine")
    raises(KeyNotFound, store.create_key, "another")


def test_the_store_keeps_names():
    chip = SE05XChip()
    store = keys(chip)
    assert store.names() == []
    expected = {}
    for i in range(12):
        expected["name_%d" % i] = b"%d" % i * 50
        store.store("name_%d" % i, expected["name_%d" % i])
    store.store("name_3", b"new")
    expected["name_3"] = b"new"
    store.delete("name_5")
    del expected["name_5"]
    store = keys(SE05XChip(chip.objects))
    assert dict([(name, store.load(name)) for name in store.names()]) == expected
    raises(KeyNotFound, store.load, "name_5")
    raises(KeyNotFound, store.delete, "name_5")
    for name in store.names():
        store.delete(name)
    assert chip.objects == {}


def test_names_that_do_not_do_are_refused():
    chip = SE05XChip()
    store = keys(chip)
    for name in ("Key", "", None):
        for call in (store.load, store.delete, lambda name: store.store(name, b"1")):
            raises(ValueError, call, name)
    for call in (store.load, lambda name: store.store(name, b"1")):
        assert raises(OSError, call, "key").args[0] == 13
    store.create_key("key")
    store.delete("key")
    raises(KeyNotFound, store.delete, "key")
    assert chip.objects == {}


def test_the_certificate_is_where_arduinos_client_looks():
    chip = SE05XChip()
    store = keys(chip)
    raises(KeyNotFound, store.load, "certificate")
    store.store("certificate", A_CERTIFICATE)
    assert chip.objects == {0x65: A_CERTIFICATE + bytes(412 - len(A_CERTIFICATE))}
    assert store.load("certificate") == A_CERTIFICATE and store.names() == ["certificate"]
    longer = der.sequence(b"d" * 600)
    store.store("certificate", longer)
    assert store.load("certificate") == longer and chip.objects == {0x65: longer}
    store.delete("certificate")
    assert chip.objects == {}
    chip.objects[0x65] = b"\x30\x82\x01\xff" + bytes(60)
    assert raises(KeyCorrupted, store.load, "certificate").name == "certificate"


def test_a_cut_between_any_two_commands():
    steps = (("a", b"a1" * 150), ("b", b"b1"), ("a", b"a2" * 150), ("certificate", A_CERTIFICATE), ("b", None))
    steps += (("certificate", der.sequence(b"2" * 250)), ("a", b"a3"), ("certificate", None), ("c", b"c1"))
    after = [{}]
    for name, data in steps:
        after.append(dict(after[-1]))
        if data is None:
            del after[-1][name]
        else:
            after[-1][name] = data

    def run(chip):
        done = 0
        try:
            store = keys(chip)
            for name, data in steps:
                store.delete(name) if data is None else store.store(name, data)
                done += 1
        except PowerCut:
            pass
        return done

    def content(chip):
        store = keys(chip)
        return dict([(name, store.load(name)) for name in store.names()])

    whole = SE05XChip(waits=0, busy=0)
    assert run(whole) == len(steps)
    for units in range(whole.supply.used):
        chip = SE05XChip(waits=0, busy=0)
        chip.supply.units = units
        done = run(chip)
        assert content(SE05XChip(chip.objects)) in after[done : done + 2], (units, done)
        again = SE05XChip(chip.objects)
        store = keys(again)
        for name in ("a", "certificate"):
            store.store(name, A_CERTIFICATE)
            assert keys(SE05XChip(chip.objects)).load(name) == A_CERTIFICATE


def test_what_arduinos_cpp_programs_have_set_up_is_read():
    """The whole certificate in one object, the device's id in another, 72 bytes with zeros behind it."""
    chip = SE05XChip({0x6E: A_CERTIFICATE, 0x70: b"device-1" + bytes(64)})
    store = keys(chip)
    assert store.names() == ["certificate", "device_id"]
    assert store.load("certificate") == A_CERTIFICATE and store.load("device_id") == b"device-1"
    store.store("certificate", der.sequence(b"new"))
    store.store("device_id", b"device-2")
    assert store.load("certificate") == der.sequence(b"new") and store.load("device_id") == b"device-2"
    for name in ("certificate", "device_id"):
        store.delete(name)
        raises(KeyNotFound, store.load, name)
    assert chip.objects == {}


def test_names_that_would_have_the_same_places_do_not_touch_each_other():
    chip = SE05XChip()
    store = keys(chip)
    one, other = "n_%d" % ONE, "n_%d" % OTHER
    assert store._places(one) == store._places(other)
    for data in (b"1", b"2"):  # in the first place, then in the second
        store.store(one, data)
        raises(KeyNotFound, store.load, other)
        raises(KeyNotFound, store.delete, other)
        error = raises(OSError, store.store, other, b"other")
        assert error.args[0] == 28 and one in str(error)
        assert store.load(one) == data and store.names() == [one]


def test_objects_of_somebody_else_do_not_hide_the_names():
    chip = SE05XChip()
    store = keys(chip)
    store.store("a", b"1")
    store.chip.generate(0x41000010)
    chip.objects[0x41000012] = b"not of this store"
    assert store.names() == ["a"]


def test_a_deletion_that_is_cut_leaves_what_was_there():
    for name in ("a", "certificate"):
        for units in range(40):
            chip = SE05XChip(waits=0, busy=0)
            keys(chip).store(name, A_CERTIFICATE)
            first, second = keys(chip)._places(name)
            # as a cut in the middle of storing may have left them
            chip.objects[0x6E] = b"older"
            if CERTIFICATE in chip.objects:
                chip.objects[CERTIFICATE] = bytes(412)
                chip.objects[first] = seal(name.encode() + b"\0" + A_CERTIFICATE)
            chip.objects[second] = seal(name.encode() + b"\0newer")
            chip.supply.units = chip.supply.used = units
            try:
                keys(chip).delete(name)
            except PowerCut:
                chip.supply.units = None
                assert keys(SE05XChip(chip.objects)).load(name) == A_CERTIFICATE, (name, units)
            else:
                raises(KeyNotFound, keys(SE05XChip(chip.objects)).load, name)
                break
        assert 0 < units < 39


def test_a_damaged_certificate_in_the_making_is_not_nothing():
    chip = SE05XChip()
    chip.objects[keys(chip)._places("certificate")[0]] = b"damaged"
    assert raises(KeyCorrupted, keys(chip).load, "certificate").name == "certificate"


def test_a_damaged_object_is_noticed():
    chip = SE05XChip()
    store = keys(chip)
    store.store("a", b"secret")
    store.store("b", b"other")
    number = [one for one in chip.objects if b"secret" in chip.objects[one]][0]
    good = chip.objects[number]
    for n in range(len(good)):
        chip.objects[number] = good[:n] + bytes((good[n] ^ 4,)) + good[n + 1 :]
        error = raises(KeyCorrupted, store.load, "a")
        assert error.name == "a" and "secret" not in str(error)
        assert store.load("b") == b"other"
    store.store("a", b"new")
    assert store.load("a") == b"new"


def test_nothing_shows_what_is_kept():
    store = keys(SE05XChip())
    store.store("a", b"secret")
    for thing in (store, store.chip, store.key("a")):
        assert "secret" not in repr(thing) + str(thing)


def test_a_serial_number_is_read():
    assert opened(SE05XChip({0x7FFF0206: bytes(range(18))})).serial_number() == bytes(range(18))
