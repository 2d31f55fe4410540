"""Samples that survive a reset: a power cut at any byte leaves those before or those after the last change."""

from arduino_iot_cloud.property import ArduinoCloudObject
from arduino_iot_cloud.property.composites import ColoredLight
from portable_assert import raises
from reports import Reports
from seeded import Seeded
from session_rig import OTHER
from storage_rig import Files, Flash, acknowledge, boot, do, run_until_cut, states, steps, waiting

TIMEOUT = 120
FILE = "/t.history"
KINDS = ((False, True), (True, True), (False, False))  # (at_close, replaces) of Files


def cut_everywhere(make, store, program, size):
    """Cut the power at each unit of work; the state before or after the step at that time must load."""
    medium = make()
    expected = states(store, program, size)
    total = medium.supply.used
    for units in range(total + 1):
        medium = make()
        medium.supply.units = units
        done = run_until_cut(store, program, size)
        medium.supply.units = None
        rig = boot(store, size)
        found = waiting(rig)
        if done is None:
            assert found == expected[-1], units
        else:
            assert found in (expected[done], expected[done + 1]), (units, done, found, expected[done : done + 2])
        # and the store still works
        before = len(found)
        do(rig, ("set", 1000))
        after = waiting(rig)
        assert after == (found + after[-1:])[-size:] and len(after) == min(before + 1, size)
        assert waiting(boot(store, size)) == after, units
    return total


def test_a_file_cut_at_every_byte():
    for at_close, replaces in KINDS:
        for size, count in ((1, 30), (4, 40)):
            program = steps(Seeded(size), count, size)
            total = cut_everywhere(lambda: Files(at_close, replaces), FILE, program, size)
            assert total > 300  # the file was rewritten meanwhile, too


def test_an_nvs_cut_at_every_change():
    for keeps in (False, True):
        for size in (1, 4):
            program = steps(Seeded(size), 40, size)
            total = cut_everywhere(lambda: Flash(keeps), "nvs:t", program, size)
            assert total > 60


def stores():
    """[(medium, where)] of each kind, empty."""
    for at_close, replaces in KINDS:
        yield Files(at_close, replaces), FILE
    for keeps in (False, True):
        yield Flash(keeps), "nvs:t"


def test_samples_and_their_times_come_back():
    for _, store in stores():
        rig = boot(store)
        for value in (1, 2, 3):
            do(rig, ("set", value))
        expected = waiting(rig)
        assert [value for value, _ in expected] == [1, 2, 3] and len(set([time for _, time in expected])) == 3
        rig = boot(store).sync()
        assert waiting(rig) == expected
        assert [(one[2], one[6]) for one in rig.records()] == expected


def test_values_of_every_type_come_back():
    for _, store in stores():
        for values in ((1, -1, 2**63, -(2**63)), (1.5, 1e300, -0.25), (True, False), ("", "text", "\u20ac" * 20)):
            rig = boot(store)
            for value in values:
                rig.client.records["a"]._value = None
                rig.client["a"] = value
            found = [value for value, _ in waiting(boot(store))]
            assert found == list(values), values
            assert [type(value) for value in found] == [type(value) for value in values]
            rig.sync()
            rig.drain()
            assert waiting(boot(store)) == []


def lamp(store):
    return lambda: ColoredLight("a", history=4, store=store)


def test_a_composite_comes_back():
    for _, store in stores():
        rig = boot(store, make=lamp(store))
        value = {"swi": True, "hue": 1.5, "sat": 2.5, "bri": 3.5}
        rig.client["a"].value = value
        assert [sample for sample, _ in waiting(boot(store, make=lamp(store)))] == [value]
        # a variable of another shape ignores them
        assert waiting(boot(store)) == []


def test_what_is_acknowledged_does_not_come_back():
    for _, store in stores():
        rig = boot(store).sync()
        for value in (1, 2, 3):
            rig.client["a"] = value
        acknowledge(rig, 24)  # one sample
        assert [value for value, _ in waiting(boot(store))] == [2, 3]
        rig.drain()
        assert waiting(boot(store)) == []


def test_what_was_under_way_comes_back():
    for _, store in stores():
        rig = boot(store).sync()
        rig.client["a"] = 1
        rig.publish()
        assert [value for value, _ in waiting(boot(store))] == [1]


def test_the_oldest_samples_of_a_full_ring_do_not_come_back():
    for _, store in stores():
        rig = boot(store)
        for value in range(200):
            rig.client["a"] = value
        assert [value for value, _ in waiting(boot(store))] == [196, 197, 198, 199]


def test_a_sample_dropped_under_way_and_then_acknowledged():
    for _, store in stores():
        rig = boot(store).sync()
        for value in range(4):
            rig.client["a"] = value
        rig.publish()
        for value in (4, 5):
            rig.client["a"] = value
        rig.session.acknowledged()
        assert [value for value, _ in waiting(rig)] == [4, 5]
        assert [value for value, _ in waiting(boot(store))] == [4, 5]


def test_a_ring_of_another_size():
    for before, after in ((10, 3), (3, 10), (5, 5), (1, 20), (20, 1)):
        for _, store in stores():
            rig = boot(store, before).sync()
            for value in range(12):
                rig.client["a"] = value
            acknowledge(rig, 40)
            expected = [value for value, _ in waiting(rig)][-after:]
            rig = boot(store, after)
            assert [value for value, _ in waiting(rig)] == expected, (before, after)
            rig.client["a"] = 99
            assert [value for value, _ in waiting(boot(store, after))] == (expected + [99])[-after:]


def test_the_file_stays_small():
    files = Files()
    rig = boot(FILE, 10).sync()
    longest = 0
    for value in range(500):
        rig.client["a"] = value
        if value % 3 == 0:
            rig.drain()
        longest = max(longest, len(files.content[FILE]))
    assert longest < 40 * 20, longest


def test_an_nvs_keeps_no_more_than_the_ring():
    flash = Flash()
    rig = boot("nvs:t", 10).sync()
    for value in range(200):
        rig.client["a"] = value
        if value % 7 == 0:
            rig.drain()
        assert len(flash.spaces["t"]) <= 12


def test_a_damaged_file_gives_what_is_in_front_of_the_damage():
    files = Files()
    rig = boot(FILE)
    for value in (1, 2, 3):
        rig.client["a"] = value
    whole = files.content[FILE]
    expected = [1, 2, 3]
    for i in range(len(whole)):
        files = Files()
        files.content[FILE] = whole[:i] + bytes((whole[i] ^ 0x55,)) + whole[i + 1 :]
        with Reports():
            rig = boot(FILE)
            found = [value for value, _ in waiting(rig)]
            assert found == expected[: len(found)] and len(found) < 3, i
            rig.client["a"] = 9
            assert [value for value, _ in waiting(boot(FILE))] == found + [9], i


def test_a_file_followed_by_what_an_erased_flash_has():
    for filler in (b"\x00", b"\xff", b"\x00\x01"):
        for n in (1, 2, 3, 6, 7, 100):
            files = Files()
            rig = boot(FILE)
            rig.client["a"] = 1
            files.content[FILE] += filler * n
            rig = boot(FILE)
            assert [value for value, _ in waiting(rig)] == [1]
            rig.client["a"] = 2
            assert [value for value, _ in waiting(boot(FILE))] == [1, 2]


def test_a_file_of_somebody_elses_is_put_aside():
    for content in (b"import machine\n", b"\x00\x05hello\x00\x00\x00\x00"):
        files = Files()
        files.content[FILE] = content
        with Reports() as reports:
            rig = boot(FILE)
        assert FILE in reports and "'a'" in reports
        rig.client["a"] = 1
        assert files.content[FILE + ".old"] == content
        assert [value for value, _ in waiting(boot(FILE))] == [1]


def test_a_full_medium_is_reported_once_and_the_samples_stay_in_memory():
    for medium, store in stores():
        rig = boot(store).sync()
        rig.client["a"] = 1
        medium.full = True
        with Reports() as reports:
            rig.client["a"] = 2
            rig.client["a"] = 3
        assert len(reports.texts) == 1 and "'a'" in reports
        assert [value for value, _ in waiting(rig)] == [1, 2, 3]
        medium.full = False
        rig.client["a"] = 4
        if store == FILE:
            assert waiting(boot(store)) == waiting(rig)
        rig.drain()
        assert waiting(rig) == []
        rig.client["a"] = 5
        assert [value for value, _ in waiting(boot(store))][-1:] == [5]


def test_another_thing_gets_the_stored_samples():
    for _, store in stores():
        rig = boot(store)
        rig.client["a"] = 1
        rig = boot(store).sync()
        rig.publish()
        rig.command(0x010400, OTHER)
        rig.poll()
        rig.command(0x010600, b"\x80")
        assert [value for _, value in rig.exchange()] == [1]
        assert waiting(boot(store)) == []


def test_a_store_of_ones_own():
    class Store:
        def load(self, history):
            self.calls = []
            history.add(7, 70)

        def add(self, value, time):
            self.calls.append(("add", value))

        def remove(self, n):
            self.calls.append(("remove", n))

    store = Store()
    rig = boot(store).sync()
    rig.client["a"] = 8
    assert waiting(rig)[0] == (7, 70)
    rig.drain()
    assert store.calls == [("add", 8), ("remove", 2)]


def test_a_folder_that_is_not_there():
    class Nowhere(Files):
        def open(self, name, mode):
            raise OSError(2)

    Nowhere()
    rig = boot("/nowhere/t.history")
    with Reports() as reports:
        rig.client["a"] = 1
        rig.client["a"] = 2
    assert len(reports.texts) == 1 and [value for value, _ in waiting(rig)] == [1, 2]


def test_a_board_without_nvs():
    import sys

    sys.modules.pop("esp32", None)
    raises(ImportError, boot, "nvs:t")


def test_the_initial_value_comes_after_the_stored_samples():
    def make():
        return ArduinoCloudObject("a", value=0, history=9, store=FILE)

    Files()
    rig = boot(FILE, make=make)
    rig.client["a"] = 1
    assert [value for value, _ in waiting(boot(FILE, make=make))] == [0, 1, 0]
