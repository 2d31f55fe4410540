"""Passwords and programs as editors save them: what is taken, and what is told of the rest. No message shows a secret."""

import argparse
import codecs
import getpass
import sys

import pytest
from localcloud.cli import connection, plain_text
from localcloud.cli.exits import USAGE, CommandError
from provisioning import payload, wifi

WORD = "caf\xe9 au lait"
SAVED = {
    "UTF-8": WORD.encode() + b"\n",
    "UTF-8 with a byte order mark": codecs.BOM_UTF8 + WORD.encode() + b"\r\n",
    "UTF-16 of Windows": codecs.BOM_UTF16_LE + (WORD + "\r\n").encode("utf-16-le"),
    "UTF-16, the other way": codecs.BOM_UTF16_BE + (WORD + "\n").encode("utf-16-be"),
    "without a line end, and a second line": WORD.encode() + b"\n# of the workshop\n",
}
UNFIT = {
    "UTF-16 without a mark": (WORD.encode("utf-16-le"), "has zero bytes: UTF-16"),
    "half a UTF-16": (codecs.BOM_UTF16_LE + WORD.encode("utf-16-le")[:-1], "begins as UTF-16, and is not"),
    "Latin-1": (WORD.encode("latin-1"), "not UTF-8 in line 1: Latin-1"),
    "nothing": (b"", "its first line is empty"),
    "a mark alone": (codecs.BOM_UTF8, "its first line is empty"),
    "an empty first line": (b"\n" + WORD.encode(), "its first line is empty"),
    "a tab": (b"one\ttwo three", "character 4 is a control character"),
    "an escape": (b"one two three\x1b[A", "character 14 is a control character"),
    "too short": (b"secret\n", "expected a password of 8 to 63"),
    "too long": (b"secret" * 11, "expected a password of 8 to 63"),
}


def options(**given):
    """Return the options of the command line for Wi-Fi."""
    names = ("wifi", "wifi_password_file", "wifi_open", "networks")
    return argparse.Namespace(**{**dict.fromkeys(names), **given})


@pytest.fixture
def environment(monkeypatch):
    """Set or remove the environment's password."""
    monkeypatch.delenv(wifi.VARIABLE, raising=False)
    return lambda text: monkeypatch.setenv(wifi.VARIABLE, text)


@pytest.mark.parametrize("how", SAVED)
def test_a_password_file_is_read_however_it_was_saved(how, tmp_path):
    path = tmp_path / "password"
    path.write_bytes(SAVED[how])
    assert wifi.networks(options(wifi="net", wifi_password_file=path)) == [{"ssid": "net", "password": WORD}]


@pytest.mark.parametrize("how", UNFIT)
def test_a_password_file_that_is_none_is_told(how, tmp_path):
    data, words = UNFIT[how]
    path = tmp_path / "password"
    path.write_bytes(data)
    with pytest.raises(CommandError) as caught:
        wifi.networks(options(wifi="net", wifi_password_file=path))
    assert str(path) in str(caught.value) and words in str(caught.value) and caught.value.code == USAGE
    assert "secret" not in str(caught.value) and "lait" not in str(caught.value) and "two" not in str(caught.value)


def test_a_password_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        wifi.networks(options(wifi="net", wifi_password_file=tmp_path / "none"))
    with pytest.raises(CommandError, match="Is a directory"):
        wifi.networks(options(wifi="net", wifi_password_file=tmp_path))


@pytest.mark.parametrize("how", SAVED)
def test_a_file_of_networks_is_read_however_it_was_saved(how, tmp_path):
    path = tmp_path / "networks.yaml"
    path.write_bytes(SAVED[how].replace(WORD.encode(), b"- {ssid: net, password: '%s'}" % WORD.encode()))
    if "UTF-16" in how:
        kind = "utf-16-le" if "Windows" in how else "utf-16-be"
        path.write_bytes(("\ufeff- {ssid: net, password: '%s'}\r\n" % WORD).encode(kind))
    assert wifi.networks(options(networks=path)) == [{"ssid": "net", "password": WORD}]


@pytest.mark.parametrize(
    "text, words",
    [
        (b"- {ssid: net, password: 'caf\xe9 au lait'}", "not UTF-8 in line 1"),
        (
            b'- {ssid: good}\n- {ssid: net, password: "a secret\\twith a tab"}',
            ":2: [1].password: expected a password, but",
        ),
        (b"- {ssid: net, password: secret}", "[0].password: expected a password of 8 to 63"),
        (b"- {ssid: net, password: ''}", "leave it out for a network without one"),
        (b"- {ssid: net, password: 12345678}", "expected a password as text; put it in quotes, got"),
        (b'- {ssid: "a\\tb"}', "[0].ssid: expected a network's name of 1 to 32 bytes, but character 2"),
        ("- {ssid: '%s'}".encode() % ("\xe9" * 17).encode(), "a network's name of 1 to 32 bytes, not 34"),
        (b"- {ssid: net, pasword: a secret}", "pasword: expected one of the keys"),
    ],
)
def test_a_file_of_networks_has_the_rules_of_the_command_line(text, words, tmp_path):
    path = tmp_path / "networks.yaml"
    path.write_bytes(text)
    with pytest.raises(CommandError) as caught:
        wifi.networks(options(networks=path))
    assert words in str(caught.value) and str(path) in str(caught.value) and caught.value.code == USAGE
    assert "secret" not in str(caught.value) and "lait" not in str(caught.value) and "12345678" not in str(caught.value)


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "is empty; for a network without a password, give --wifi-open"),
        ("secret", "ARDUINO_WIFI_PASSWORD: expected a password of 8 to 63"),
        ("a secret\nin two lines", "character 9 is a control character"),
        ("\ufeffa secret of Windows", "begins with a byte order mark"),
        ("a secret of caf\udce9", "character 16 is not UTF-8"),
    ],
)
def test_a_password_in_the_environment_has_the_same_rules(text, words, environment):
    environment(text)
    with pytest.raises(CommandError) as caught:
        wifi.networks(options(wifi="net"))
    assert words in str(caught.value) and wifi.VARIABLE in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda prompt: "secret", "what was entered: expected a password of 8 to 63"),
        (lambda prompt: "a secret\x1b[A", "what was entered: character 9 is a control character"),
        (lambda prompt: b"caf\xe9".decode(), "what was entered is not UTF-8"),
        (lambda prompt: (_ for _ in ()).throw(EOFError), "nothing was entered"),
    ],
)
def test_a_password_that_is_entered_has_the_same_rules(answer, words, environment, monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", answer)
    with pytest.raises(CommandError) as caught:
        wifi.networks(options(wifi="net"))
    assert words in str(caught.value) and "secret" not in str(caught.value)


def test_a_network_without_a_password_is_asked_for(environment, monkeypatch, tmp_path):
    open_one = [{"ssid": "net", "password": ""}]
    environment("a password that is not meant")
    assert wifi.networks(options(wifi="net", wifi_open=True)) == open_one
    monkeypatch.delenv(wifi.VARIABLE)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: "")
    assert wifi.networks(options(wifi="net")) == open_one
    path = tmp_path / "networks.yaml"
    path.write_text("- {ssid: net}\n")
    assert wifi.networks(options(networks=path)) == open_one
    for wrong in ({"wifi_open": True}, {"wifi": "net", "wifi_open": True, "wifi_password_file": path}):
        with pytest.raises(CommandError, match="--wifi-open"):
            wifi.networks(options(**wrong))


@pytest.mark.parametrize("name", ["", "x" * 33, "a\tb", "caf\udce9", "\ufeffnet"])
def test_a_name_that_no_network_has_is_told(name, environment):
    environment("a long password")
    with pytest.raises(CommandError, match="--wifi: expected a network's name of 1 to 32 bytes"):
        wifi.networks(options(wifi=name))


def test_an_api_key_in_the_environment_has_the_same_rules(monkeypatch):
    client, secret = connection.KEY_VARIABLES
    monkeypatch.setenv(client, "\ufeffid")
    monkeypatch.setenv(secret, "a secret\r")
    for words in (client, secret):
        with pytest.raises(CommandError, match=words) as caught:
            connection._key(argparse.Namespace(credentials=None))
        assert "a secret" not in str(caught.value)
        monkeypatch.setenv(client, "id")


@pytest.mark.parametrize(
    "text", [codecs.BOM_UTF32_LE + "ab".encode("utf-32-le"), codecs.BOM_UTF32_BE + "ab".encode("utf-32-be")]
)
def test_utf32_is_not_taken_for_utf16(text):
    assert plain_text.decoded(text, "file") == "ab"


@pytest.mark.parametrize(
    "data, words",
    [
        (codecs.BOM_UTF8 + b"print(1)\n", "begins with the byte order mark of UTF-8"),
        (codecs.BOM_UTF16_LE + "print(1)\n".encode("utf-16-le"), "begins with the byte order mark of UTF-16"),
        ("print(1)\n".encode("utf-16-le"), "has zero bytes"),
        (b"print(1)\n# caf\xe9\n", "not UTF-8 in line 2"),
        (b"x = 1\nmatch x:\n    case 1: pass\n", ":2: MicroPython does not take this: SyntaxError"),
        (b"def f(a, /): pass\n", ":1: MicroPython does not take this: SyntaxError"),
        (b"\n\nreturn 1\n", ":3: MicroPython does not take this: SyntaxError: 'return' outside function"),
        (b"import micropython\n@micropython.native\ndef f(): pass\nreturn 1", "'return' outside function"),
    ],
)
def test_a_program_that_does_not_run_on_a_board_is_told(data, words, tmp_path):
    path = tmp_path / "program.py"
    path.write_bytes(data)
    with pytest.raises(CommandError) as caught:
        payload.program(path)
    assert "--main: %s" % path in str(caught.value) and words in str(caught.value) and caught.value.code == USAGE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        "# caf\xe9\r\nprint('caf\xe9')\r\n".encode(),
        b"import micropython\n@micropython.native\ndef f(): pass\n",
        b"import micropython\n@micropython.asm_thumb\ndef f():\n    mov(r0, r1)\n",
        b"import micropython\n@micropython.asm_xtensa\ndef f():\n    mov(a2, a3)\n",
        b"import micropython\n@micropython.asm_rv32\ndef f():\n    mv(a0, a1)\n",
    ],
)
def test_a_program_that_runs_on_some_board_arrives_as_it_is(data, tmp_path):
    path = tmp_path / "program.py"
    path.write_bytes(data)
    assert payload.program(path) == data
