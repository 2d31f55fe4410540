"""What is changed in the secrets.py of a board, and what stays."""

import pytest
from localcloud.cli.exits import CommandError
from provisioning import secrets_file


def test_only_our_names_are_changed():
    data = (
        b"A = 1\r\nB = '\x0c\xe2\x80\xa8'  # kept\nDEVICE_ID = (\n    'x'\n)\nSECRET_KEY = 'y'\nDEVICE_ID = 'z'\nC = 3"
    )
    changed = secrets_file.changed(data, {"DEVICE_ID": "new", "SECRET_KEY": None, "CLOUD": {}})
    assert changed == b"A = 1\r\nB = '\x0c\xe2\x80\xa8'  # kept\nDEVICE_ID = 'new'\nC = 3\nCLOUD = {}\n"
    assert secrets_file.changed(changed, {"DEVICE_ID": "new", "SECRET_KEY": None, "CLOUD": {}}) == changed
    assert secrets_file.changed(b"", {"A": 1, "B": None}) == b"A = 1\n"


def test_bytes_that_are_not_utf8_stay():
    data = b"# caf\xe9\nSECRET_KEY = 'y'\nNOTE = 'na\xefve'  # \xff"
    assert secrets_file.changed(data, {"SECRET_KEY": "new"}) == data.replace(b"'y'", b"'new'")


def test_lines_may_end_as_on_an_old_mac():
    assert secrets_file.changed(b"A = 1\rSECRET_KEY = 'y'\rB = 2\r", {"SECRET_KEY": None}) == b"A = 1\rB = 2\r"


def test_a_name_with_a_type_is_ours_too():
    assert secrets_file.changed(b"SECRET_KEY: str = 'y'\nA = 1\n", {"SECRET_KEY": None}) == b"A = 1\n"


def test_a_function_has_names_of_its_own():
    data = b"def f():\n    SECRET_KEY = 1\n"
    assert secrets_file.changed(data, {"SECRET_KEY": "y"}) == data + b"SECRET_KEY = 'y'\n"


@pytest.mark.parametrize(
    "data, words",
    [
        (b"A = 1; SECRET_KEY = 'x'\n", "SECRET_KEY .* shares a line"),
        (b"SECRET_KEY = (\n'x'); A = 1\n", "SECRET_KEY .* shares a line"),
        (b"A = 1\nB = (", "not valid Python in line 2"),
        (b"A = 1\0", "not valid Python in line 1"),
        (b"\xef\xbb\xbfA = 1\n", "begins with a byte order mark"),
        (b"if True:\n    SECRET_KEY = 'x'\n", "SECRET_KEY .*line 2, is not set by a plain"),
        (b"DEVICE_ID, SECRET_KEY = 'x', 'y'\n", "SECRET_KEY .*line 1, is not set by a plain"),
    ],
)
def test_what_cannot_be_changed_without_harm_is_refused_without_showing_it(data, words):
    with pytest.raises(CommandError, match=words) as caught:
        secrets_file.changed(data, {"SECRET_KEY": "y"})
    assert "secrets.py" in str(caught.value) and "'x'" not in str(caught.value)
