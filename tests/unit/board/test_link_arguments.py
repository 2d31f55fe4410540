"""What is refused as an argument of WiFi and Ethernet, and what a stored network is refused for; no password is shown."""

from arduino_cloud_board.link.arguments import (
    check_password,
    check_quirks,
    country_code,
    host_name,
    networks_of,
    static_address,
    usable,
)
from portable_assert import raises

HOME = {"ssid": "home", "password": "secret words"}
# (an entry of a list, what is said of it)
BAD = (
    ("secret words", "network 2: expected a dict, got str"),
    (None, "network 2: expected a dict, got NoneType"),
    (["home", "secret words"], "network 2: expected a dict, got list"),
    ({}, "network 2: expected ssid, password, priority, static, got "),
    ({"name": "lab", "password": "secret"}, "network 2: expected ssid, password, priority, static, got name, password"),
    ({"ssid": "lab", "passwort": "secret"}, "lab: expected ssid, password, priority, static, got passwort, ssid"),
    ({"ssid": "lab", 5: "secret"}, "lab: expected ssid, password, priority, static, got 5, ssid"),
    ({"ssid": "", "password": "secret words"}, "network 2: ssid: expected 1 to 32 bytes of text, got 0"),
    ({"ssid": "x" * 33}, "network 2: ssid: expected 1 to 32 bytes of text, got 33"),
    ({"ssid": "ä" * 17}, "network 2: ssid: expected 1 to 32 bytes of text, got 34"),
    ({"ssid": b"lab"}, "network 2: ssid: expected 1 to 32 bytes of text, got bytes"),
    ({"ssid": None}, "network 2: ssid: expected 1 to 32 bytes of text, got NoneType"),
    ({"ssid": "lab", "password": "secret7"}, "lab: password: expected 8 to 63 characters, got 7"),
    ({"ssid": "lab", "password": "secret" * 11}, "lab: password: expected 8 to 63 characters, got 66"),
    ({"ssid": "lab", "password": "sécret" * 10}, "lab: password: expected 8 to 63 bytes, got 70"),
    ({"ssid": "lab", "password": 12345678}, "lab: password: expected 8 to 63 characters, got int"),
    ({"ssid": "lab", "password": b"secret words"}, "lab: password: expected 8 to 63 characters, got bytes"),
    ({"ssid": "lab", "password": 0}, "lab: password: expected 8 to 63 characters, got int"),
    ({"ssid": "lab", "password": False}, "lab: password: expected 8 to 63 characters, got bool"),
    ({"ssid": "lab", "password": []}, "lab: password: expected 8 to 63 characters, got list"),
    ({"ssid": "lab", "password": "secret words\n"}, "lab: password: expected no control characters"),
    ({"ssid": "lab", "password": "secret" + "0" * 58}, "lab: password: expected 64 hexadecimal digits or 8 to 63"),
    ({"ssid": "lab", "priority": "high"}, "lab: priority: expected an int, got 'high'"),
    ({"ssid": "lab", "priority": None}, "lab: priority: expected an int, got None"),
    ({"ssid": "lab", "priority": 1.5}, "lab: priority: expected an int, got 1.5"),
    ({"ssid": "lab", "priority": True}, "lab: priority: expected an int, got True"),
    ({"ssid": "lab", "static": "192.0.2.9"}, "lab: static: expected (ip, mask, gateway, dns), got str"),
    ({"ssid": "lab", "static": 4}, "lab: static: expected (ip, mask, gateway, dns), got int"),
    ({"ssid": "lab", "static": ["192.0.2.9"]}, "lab: static: expected (ip, mask, gateway, dns) like"),
    ({"ssid": "lab", "static": ["192.0.2.9", "255.0.0.0", "192.0.2.1", 1]}, "lab: static: expected (ip, mask"),
    ({"ssid": "lab", "static": ["192.0.2.9", "255.0.0.0", "192.0.2.1", "192.0.2.²"]}, "lab: static: expected (ip"),
)


def test_a_bad_network_of_a_program_is_refused_by_name():
    for bad, said in BAD:
        error = raises(ValueError, networks_of, [HOME, bad])
        assert said in str(error) and "secret" not in str(error) + repr(error), (bad, error)
        assert type(error) is ValueError
    for wrong in (5, None, "secret words", {"secret"}):
        error = raises(ValueError, networks_of, wrong)
        assert "networks: expected a list of dicts" in str(error) and "secret" not in str(error)
    for none in ([], ()):
        assert "at least one" in str(raises(ValueError, networks_of, none))


def test_a_bad_network_that_is_stored_does_not_spoil_the_others():
    other = {"ssid": "other", "password": "", "priority": 3, "static": None}
    for bad, said in BAD:
        good, complaints = usable([HOME, bad, other])
        assert good == [HOME, other]
        assert len(complaints) == 1 and said in complaints[0] and "secret" not in complaints[0], complaints
        assert networks_of(good) == [("other", None, None), ("home", "secret words", None)]
    assert usable([]) == ([], [])
    good, complaints = usable([bad for bad, _ in BAD])
    assert good == [] and len(complaints) == len(BAD)


def test_a_half_character_is_refused_without_a_word_of_the_password():
    half = chr(0xD800)
    try:
        half.encode()
    except UnicodeError:
        error = raises(ValueError, networks_of, [{"ssid": "lab", "password": "secret words" + half}])
        assert "lab: password" in str(error) and "secret" not in repr(error) and type(error) is ValueError


def test_what_a_password_may_be():
    for good in ("8 chars!", "x" * 63, "0123456789abcdefABCDEF" + "0" * 42, "ä" * 4, "ä" * 31):
        check_password("password", good)
        assert networks_of({"ssid": "a", "password": good}) == [("a", good, None)]
    for wrong in ("7 chars", "x" * 64, "x" * 65, "0" * 63 + "g", "0" * 65, "ä" * 32, "tab\tinside", "", None, 5):
        assert "password: expected" in str(raises(ValueError, check_password, "password", wrong)), wrong
    assert "64 hexadecimal digits" in str(raises(ValueError, check_password, "password", "x" * 64))


def test_names_addresses_and_countries():
    assert static_address(["192.0.2.9", "255.0.0.0", "192.0.2.1", "192.0.2.1"])[0] == "192.0.2.9"
    assert "static: expected" in str(raises(ValueError, static_address, "192.0.2.9"))
    assert host_name("Oven-1") == "Oven-1" and host_name(None) is None
    for wrong in ("", "a b", "-a", "a-", "x" * 33, "\u212a", 5, b"oven", ["o"]):
        assert "hostname: expected" in str(raises(ValueError, host_name, wrong)), wrong
    assert country_code("de") == "DE" and country_code(None) is None
    for wrong in ("", "D", "DEU", "D1", "ßa", "ÄÖ", 49, ["D", "E"], b"DE"):
        assert "country: expected two letters" in str(raises(ValueError, country_code, wrong)), wrong


def test_quirks_are_checked_by_name():
    assert check_quirks(None, None) == {}
    for good in (
        {},
        {"radio": None},
        {"radio": "nina", "attempt": 1, "scan": "thread"},
        {"radio": "esp-hosted", "attempt": 0.5 + 0.5},
        {"radio": "esp32", "attempt": 3600, "scan": None},
        {"radio": "cyw43", "scan": "blocking"},
    ):
        assert check_quirks(good, True) == good
    for wrong, part in (
        ({"radios": "nina"}, "radio, attempt, scan"),
        ([("radio", "nina")], "radio, attempt, scan"),
        ("nina", "radio, attempt, scan"),
        ({"radio": 5}, "radio: expected esp32, cyw43, nina or esp-hosted, got 5"),
        ({"radio": ["nina"]}, "radio: "),
        ({"attempt": 0}, "attempt: expected 1 to 3600 seconds, got 0"),
        ({"attempt": "30"}, "attempt: "),
        ({"attempt": None}, "attempt: "),
        ({"attempt": True}, "attempt: "),
        ({"attempt": 3601}, "attempt: "),
        ({"attempt": float("nan")}, "attempt: "),
        ({"attempt": float("inf")}, "attempt: "),
        ({"scan": True}, "scan: expected thread, blocking or None, got True"),
        ({"scan": "threads"}, "scan: "),
    ):
        error = str(raises(ValueError, check_quirks, wrong, None))
        assert error.startswith("quirks: ") and part in error, error
    for good in (None, True, False, 0, 17, 0xA11140):
        assert check_quirks({}, good) == {}
    for wrong in (-1, "off", 1.0, [], float("nan")):
        assert "power_save: expected" in str(raises(ValueError, check_quirks, {}, wrong)), wrong
