"""Arguments of the HTTP client: the parts of addresses, and numbers that are refused."""

from arduino_iot_cloud.http.arguments import split
from arduino_iot_cloud.http.client import HTTP
from arduino_iot_cloud.http.response import Response
from portable_assert import raises, raises_async

NAN = float("nan")
INFINITE = float("inf")


def test_addresses():
    assert split("https://api2.arduino.cc/iot/v1/clients/token") == (
        "https", "api2.arduino.cc", 443, "/iot/v1/clients/token"
    )  # fmt: skip
    assert split("http://127.0.0.1:8080") == ("http", "127.0.0.1", 8080, "/")
    assert split("https://h:1/a?b=c:/d") == ("https", "h", 1, "/a?b=c:/d")
    assert split("HTTPS://Api2.Arduino.CC/A") == ("https", "api2.arduino.cc", 443, "/A")
    assert split("http://[::1]:8080/a") == ("http", "::1", 8080, "/a")
    assert split("https://[FE80::1]") == ("https", "fe80::1", 443, "/")


def test_what_is_no_address_says_so():
    for url in (
        "h", "ftp://h/", "http://", "http:///x", "http://h:x/", "", "http://h:", "http://h:0/", "http://h:65536/",
        "http://h:-1/", "http://h:1:2/", "http://h:\u00b2/", "http://h h/", "http://h/a b", "http://h/\r\nX: y", "http://h\x00/",
        "http://h?a", "http://h#a", "http://h\\x/", "http://[::1/", "http://::1/", "http://[h]/", "http://[::1]x/",
    ):  # fmt: skip
        assert "address" in str(raises(ValueError, split, url)), url
    for url in (None, 5, b"http://h/", ()):
        assert "address" in str(raises(TypeError, split, url))
    assert "secret" not in str(raises(ValueError, split, "http://user:secret@h/"))


def test_numbers_that_do_not_do_are_named_at_once():
    for value in (0, -1, 86401, NAN, INFINITE, -INFINITE, 1 << 70):
        error = raises(ValueError, HTTP, "http://h", {}, value)
        assert "timeout is a number of seconds from 0.001 to 86400, not " in str(error)
    for value in ("5", None, True, (), b"5"):
        assert "timeout" in str(raises(TypeError, HTTP, "http://h", {}, value))
    for value in (1, 0.5, 86400):
        assert HTTP("http://h", None, value).timeout == value


async def test_a_limit_that_does_not_do():
    for value in (-1, 1 << 40, NAN, INFINITE):
        assert "limit" in str(await raises_async(ValueError, Response().read(value)))
    for value in ("5", None):
        await raises_async(TypeError, Response().read(value))


def test_an_ipv6_host_is_named_in_brackets():
    assert HTTP("http://[::1]:8080")._host() == "[::1]:8080" and HTTP("http://[::1]")._host() == "[::1]"
