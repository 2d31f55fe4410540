"""The store in a secure element SE05x: where everything is, and what a power cut leaves."""

from arduino_cloud_board.chips import ChipError
from arduino_cloud_board.keys import KeyCorrupted, KeyNotFound, csr, der, seal
from arduino_cloud_board.keys.se05x import CERTIFICATE
from chip_rig import verify
from portable_assert import raises
from se05x_chip import SE05XChip
from storage_rig import PowerCut
from test_key_se05x import DIGEST, keys

TIMEOUT = 120
HEAPSIZE = "8m"  # the chip keeps all that it receives
ONE, OTHER = 188781, 326020  # numbers whose names agree in the part of the checksum that counts
A_CERTIFICATE = der.sequence(b"c" * 300)


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
    for call in (store.create_key, store.public_key, store.reference, lambda name: store.sign(name, DIGEST)):
        assert raises(KeyNotFound, call, "another").name == "another"


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
    """The whole certificate in one object; the device's id in another, filled up with zeros to 72 bytes."""
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
            # as a cut in the middle of storing may leave them
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


class Refuses:
    """The chip's commands for a store, of which one write fails, and with `silent` every one after it."""

    def __init__(self, chip, after, silent=False):
        self._chip = chip
        self._left = after
        self._silent = silent

    def __getattr__(self, name):
        return getattr(self._chip, name)

    def write(self, number, data):
        self._left -= 1
        if self._left == 0 or self._silent and self._left < 0:
            self._chip.write(number, data[:20])  # half of it
            raise ChipError("The chip is full.")
        return self._chip.write(number, data)


def test_what_the_chip_refuses_leaves_the_old_entry_and_no_rest():
    for name in ("certificate", "other"):
        for own in (False, True):  # whether the old certificate is in one of the store's own places
            for after in (1, 2):
                chip = SE05XChip()
                store = keys(chip)
                store.store(name, b"\x30\x0cthe old one.")
                if own and name == "certificate":
                    store.chip.write(store._places(name)[0], seal(b"certificate\0\x30\x0cthe old one."))
                before = dict(chip.objects)
                commands, store.chip = store.chip, Refuses(store.chip, after)
                if name == "other" and after == 2:
                    store.store(name, b"the new one")
                    continue
                raises(ChipError, store.store, name, b"\x30\x0cthe new one.")
                store.chip = commands
                assert store.load(name) == b"\x30\x0cthe old one." and chip.objects == before, (name, own, after)


def test_a_chip_that_fails_from_then_on_has_the_old_certificate_or_the_new_one():
    chip = SE05XChip()
    store = keys(chip)
    store.store("certificate", b"\x30\x0cthe old one.")
    commands, store.chip = store.chip, Refuses(store.chip, 2, silent=True)
    raises(ChipError, store.store, "certificate", b"\x30\x0cthe new one.")
    store.chip = commands
    assert store.load("certificate") in (b"\x30\x0cthe old one.", b"\x30\x0cthe new one.")


def test_an_answer_that_is_neither_yes_nor_no_is_not_taken_for_no():
    chip = SE05XChip()
    store = keys(chip)
    store.create_key("key")
    commands = store.chip
    kept = commands._command
    for answer in (b"", b"\0", b"\3", b"\1\1"):
        commands._command = lambda *arguments, **expect: answer
        assert "exists" in str(raises(ChipError, store.has, "key"))
    commands._command = kept
    assert store.has("key")
