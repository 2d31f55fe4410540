"""A cloud variable with one value: the rule of types, arguments, what counts as changed."""

from arduino_iot_cloud.cbor import Writer
from arduino_iot_cloud.cbor_item import loads
from arduino_iot_cloud.property import ArduinoCloudObject, Task, fit, shape
from arduino_iot_cloud.session import Session
from portable_assert import raises

SAMPLES = (True, False, 0, 1, 7, -5, 0.0, 1.0, 2.5, "", "text")
NO_VALUES = (b"bytes", [1], (1,), {"a": 1}, {1}, object(), 1j)


def client_of(taken):
    """A client that records what it has to check."""

    class Client:
        woken = 0

        def check(self, name, value):
            taken.append((name, value))

        def wake(self):
            self.woken += 1

    return Client()


def test_the_first_value_may_have_any_of_four_types():
    for value in SAMPLES:
        assert fit("n", None, value) == value and type(fit("n", None, value)) is type(value)


def test_then_the_type_stays():
    for old in SAMPLES:
        for new in SAMPLES:
            kinds = (type(old), type(new))
            if kinds[0] is kinds[1]:
                assert fit("n", old, new) == new and type(fit("n", old, new)) is kinds[0]
            elif kinds == (float, int):
                assert fit("n", old, new) == float(new) and type(fit("n", old, new)) is float
            elif kinds == (bool, int) and new in (0, 1):
                assert fit("n", old, new) is (new == 1)
            elif kinds != (bool, int):
                error = raises(TypeError, fit, "the name", old, new)
                for word in ("the name", kinds[0].__name__, kinds[1].__name__):
                    assert word in str(error), error


def test_other_numbers_than_0_and_1_are_no_bool():
    for old in (True, False):
        for new in (2, 7, -1, 256):
            error = raises(TypeError, fit, "the name", old, new)
            assert "the name" in str(error)


def test_other_types_are_never_taken():
    for old in (None,) + SAMPLES:
        for new in NO_VALUES + (None,):
            error = raises(TypeError, fit, "the name", old, new)
            assert "the name" in str(error) and type(new).__name__ in str(error)


def test_from_the_cloud_floats_are_cut_for_ints():
    for new, expected in ((7.9, 7), (-7.9, -7), (0.5, 0), (3.0, 3), (1e18, 10**18)):
        value = shape("n", 5, new)
        assert value == expected and type(value) is int
    for new in (float("inf"), -float("inf"), float("nan"), 1e300, -1e300, 2.0**64):
        error = raises(ValueError, shape, "the name", 5, new)
        assert "the name" in str(error) and len(str(error)) < 80


def test_from_the_cloud_0_and_1_are_bools_and_other_numbers_leave_them():
    for old in (True, False):
        for new in (0, 0.0, False):
            assert shape("n", old, new) is False
        for new in (1, 1.0, True):
            assert shape("n", old, new) is True
        for new in (2, -1, 0.5, 1e300, float("inf"), float("nan")):
            assert shape("n", old, new) is old


def test_from_the_cloud_ints_are_floats():
    for new in (21, -1, 2**64 - 1):
        value = shape("n", 1.5, new)
        assert value == float(new) and type(value) is float


def test_from_the_cloud_bools_are_0_and_1_of_an_int():
    for old in (0, 1, 7):
        for new in (True, False):
            value = shape("n", old, new)
            assert value == new and type(value) is int


def test_any_number_is_taken_where_the_first_came_from_the_cloud():
    for fitting in (fit, shape):
        for new in (21, 21.5, -3, 0.0, float("inf")):
            value = fitting("n", (), new)
            assert value == new and type(value) is type(new)
        error = raises(TypeError, fitting, "the name", (), "text")
        assert str(error) == "'the name' takes a number, not str"
    raises(TypeError, fit, "n", (), True)
    assert shape("n", (), True) == 1


def test_from_the_cloud_other_types_are_refused():
    for old, new in ((1, "1"), (1.5, "1"), (1.5, True), (True, "1"), ("a", 1), ("a", 1.5), ("a", True)):
        error = raises(TypeError, shape, "the name", old, new)
        assert "the name" in str(error) and type(old).__name__ in str(error) and type(new).__name__ in str(error)


def test_setting_a_value_follows_the_rule():
    p = ArduinoCloudObject("n", value=1.5)
    p.value = 2
    assert p.value == 2.0 and type(p.value) is float
    error = raises(TypeError, setattr, p, "value", "text")
    assert "'n'" in str(error) and "float" in str(error) and "str" in str(error)
    assert p.value == 2.0


def test_a_refused_value_changes_nothing():
    p = ArduinoCloudObject("n", value=1)
    p.changed = 0
    raises(TypeError, setattr, p, "value", "text")
    assert (p.value, p.changed) == (1, 0)


def test_the_type_of_a_first_value_that_is_set_later_stays():
    p = ArduinoCloudObject("n")
    assert p.value is None and not p.initialized
    p.value = 5
    assert p.value == 5 and p.initialized
    raises(TypeError, setattr, p, "value", 1.5)


def test_none_takes_the_value_away_and_the_type_stays():
    for value, other in ((5, "text"), (5, 5.5), (1.5, "text"), (True, 7), ("text", 5)):
        p = ArduinoCloudObject("n", value=value)
        p.value = None
        assert p.value is None and not p.initialized and p.changed == 0
        raises(TypeError, setattr, p, "value", other)
        assert p.shape(None, value) == value
        p.value = value
        assert p.value == value and p.changed == 1
        p.value = None
        raises(TypeError, setattr, p, "value", other)


def test_none_fixes_no_type_where_there_was_no_value():
    p = ArduinoCloudObject("n")
    p.value = None
    p.value = "text"
    assert p.value == "text"


def test_none_leaves_what_is_under_way():
    p = ArduinoCloudObject("n", value=5)
    session = Session("d", {"n": p})
    assert session.fill(Writer(bytearray(64)))
    p.value = None
    assert p.changed == -1
    session.acknowledged()
    assert p.changed == 0


def test_a_number_of_the_cloud_fixes_no_type_and_one_of_the_program_does():
    p = ArduinoCloudObject("n")
    p.store(None, p.shape(None, 21))
    for value in (21.5, 22, -0.5):
        p.store(None, p.shape(None, value))
        assert p.value == value and type(p.value) is type(value)
        p.value = value + 1
        assert p.value == value + 1 and type(p.value) is type(value)
    p.value = None
    p.value = 7.5
    raises(TypeError, setattr, p, "value", "text")
    p = ArduinoCloudObject("n")
    p.value = 21
    p.store(None, p.shape(None, 21.9))
    assert p.value == 21
    raises(TypeError, setattr, p, "value", 21.5)


def test_false_zero_and_empty_text_are_values():
    for value in (False, 0, 0.0, ""):
        p = ArduinoCloudObject("n", value=value)
        assert p.initialized and p.changed == 1 and type(p.value) is type(value)


def test_a_value_of_a_wrong_type_at_construction_is_named():
    for value in NO_VALUES:
        assert "the name" in str(raises(TypeError, ArduinoCloudObject, "the name", value=value))


def test_what_has_a_value_is_to_be_published():
    assert ArduinoCloudObject("n", value=1).changed == 1
    assert ArduinoCloudObject("n").changed == 0


def test_every_setting_is_to_be_published_even_of_the_same_value():
    p = ArduinoCloudObject("n", value=1)
    for value in (1, 2):
        p.changed = 0
        p.value = value
        assert p.changed == 1


def test_a_value_that_found_no_room_keeps_its_turn():
    p = ArduinoCloudObject("n", value=1)
    p.changed = 2
    p.value = 3
    assert p.changed == 2


def test_a_value_of_the_cloud_is_not_to_be_published():
    p = ArduinoCloudObject("n", value=1)
    p.changed = 0
    assert p.store(None, 2) is True
    assert (p.value, p.changed) == (2, 0)
    assert p.store(None, 2) is False


def test_the_client_is_woken_by_a_setting():
    checked = []
    p = ArduinoCloudObject("n", value=1)
    p.client = client_of(checked)
    p.value = 5
    assert checked == [("n", 5)] and p.client.woken == 1
    p.store(None, 6)
    assert p.client.woken == 1


def test_a_value_that_the_client_refuses_is_not_taken():
    class Client:
        def check(self, name, value):
            raise ValueError("too long")

    p = ArduinoCloudObject("n", value="a")
    p.changed = 0
    p.client = Client()
    raises(ValueError, setattr, p, "value", "b")
    assert (p.value, p.changed) == ("a", 0)


def test_arguments():
    def call():
        pass

    p = ArduinoCloudObject("n", on_read=call, on_write=call, on_run=call, interval=0.25, backoff=2, args=(1, 2))
    assert (p.name, p.interval, p.backoff, p.args) == ("n", 0.25, 2, (1, 2))
    assert p.on_read is p.on_write is p.on_run is call


def test_arguments_left_out_or_none():
    for p in (
        ArduinoCloudObject("n"),
        ArduinoCloudObject(
            "n", value=None, on_read=None, on_write=None, on_run=None, interval=None, backoff=None, args=None
        ),
    ):
        assert p.on_read is p.on_write is p.on_run is p.backoff is p.args is None
        assert p.interval == 1.0


def test_an_unexpected_argument_is_named():
    for name in ("on_writ", "callback", "_value", "client", "changed", "field"):
        error = raises(TypeError, ArduinoCloudObject, "n", **{name: 1})
        assert str(error) == "'ArduinoCloudObject' got an unexpected keyword argument '%s'" % name


def test_a_task_is_a_cloud_object():
    assert Task is ArduinoCloudObject


def test_it_is_shown_as_its_value():
    assert repr(ArduinoCloudObject("n", value=5)) == "5"
    assert repr(ArduinoCloudObject("n")) == "None"


def test_it_has_no_attributes_in_the_cloud():
    p = ArduinoCloudObject("n", value=1)
    for attribute in ("lat", "", "lat:x"):
        error = raises(ValueError, p.shape, attribute, 5)
        assert str(error) == "'n' has no attribute '%s'" % attribute
    assert p.shape(None, 5) == 5


def test_it_writes_one_record_and_none_without_a_value():
    writer = Writer(bytearray(40))
    p = ArduinoCloudObject("n")
    p.write(writer)
    assert writer.pos == 0
    p.value = 2.5
    p.write(writer)
    assert loads(writer.buf[: writer.pos]) == {0: "n", 2: 2.5}
    writer.pos = 0
    p.write(writer, 1700000000)
    assert loads(writer.buf[: writer.pos]) == {0: "n", 2: 2.5, 6: 1700000000}
