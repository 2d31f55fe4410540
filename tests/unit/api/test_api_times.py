"""The API client's times against the calendar; pauses and errors in the answers of servers."""

from arduino_cloud_api.times import days, milliseconds, of_http, text
from arduino_cloud_api.trouble import describe, pause_of
from portable_assert import raises
from seeded import Seeded

LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def test_every_day_of_the_gregorian_calendars_cycle():
    number = days(1970, 1, 1)
    assert number == 0
    for year in list(range(1970, 2106)) + list(range(2396, 2405)):
        number = days(year, 1, 1)
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        for month in range(1, 13):
            for day in (1, LENGTHS[month - 1] + (leap and month == 2)):
                date = "%04d-%02d-%02d" % (year, month, day)
                at = number + day - 1
                assert days(year, month, day) == at, date
                assert text(at * 86400) == date + "T00:00:00Z"
                assert text(at * 86400 + 86399) == date + "T23:59:59Z"
                assert milliseconds(date + "T23:59:59.999Z") == at * 86400000 + 86399999
            number += LENGTHS[month - 1] + (leap and month == 2)


def test_times_as_the_api_writes_them():
    at = 1772446200000
    for written, ms in (
        ("2026-03-02T10:10:00Z", 0),
        ("2026-03-02T10:10:00", 0),
        ("2026-03-02t10:10:00z", 0),
        ("2026-03-02 12:10:00+02:00", 0),
        ("2026-03-02T04:40:00.5-05:30", 500),
        ("2026-03-02T10:10:00.123456789Z", 123),
        ("2026-03-02T10:10:00.06Z", 60),
    ):
        assert milliseconds(written) == at + ms, written
    assert milliseconds("1969-12-31T23:59:59.5Z") == -500
    for written in (
        "", "2026-03-02", "2026-13-02T10:10:00Z", "2026-03-02T10:10Z", "2026-03-02T25:10:00Z", "2026-3-02T10:10:00Z",
        "2026-03-02T10:10:00X", "2026-03-02T10:10:00+1", "2026-03-02T10:10:00.5+01:00Z", "x026-03-02T10:10:00Z",
        "2026/03/02T10:10:00Z", "2026-03-00T10:10:00Z",
        None, 5, {}, {4: "-"}, [], [0] * 30, True, "2026-03-02T10:10:00\u00b2Z", "-026-03-02T10:10:00Z",
    ):  # fmt: skip
        raises(ValueError, milliseconds, written)


def test_times_of_http():
    assert of_http(b"Sun, 06 Nov 1994 08:49:37 GMT") == 784111777
    for value in (
        b"", b"Sunday, 06-Nov-94 08:49:37 GMT", b"Sun Nov  6 08:49:37 1994", b"Sun, 06 Nov 1994 08:49:37 CET",
        b"Sun, 06 anN 1994 08:49:37 GMT", b"Sun, x Nov 1994 08:49:37 GMT", b"Sun, 06 Nov 1994 08:49 GMT",
    ):  # fmt: skip
        assert of_http(value) == 0, value


def test_the_pause_that_a_server_wants():
    now = b"Sun, 06 Nov 1994 08:49:37 GMT"
    assert pause_of({}) is None
    assert pause_of({"retry-after": b"7"}) == 7
    assert pause_of({"retry-after": b"9" * 40}) == 999999999
    assert pause_of({"retry-after": b"Sun, 06 Nov 1994 08:49:40 GMT", "date": now}) == 3
    assert pause_of({"retry-after": b"Sun, 06 Nov 1994 08:49:30 GMT", "date": now}) == 0
    for value in (b"-1", b"soon", b"", b"1.5"):
        assert pause_of({"retry-after": value, "date": now}) is None


def test_an_error_of_any_bytes_is_told_in_a_line():
    deep = b'{"detail":' + b"[" * 2000
    for body in (deep, b"[" * 4000, b'{"detail":"\xff\xfe"}', b'{"code":"\\ud83d"}', b'{"id":{"a":[[]]}}', b"\xef\xbb\xbf"):
        found = describe(500, body, False, ("s", 5, None))
        assert len(found) == 3 and found[0] and found[1], body
    code, detail, _ = describe(500, b'{"code":"\\u001b[31mx","detail":"a\\nb\\u0000\\u009bc"}', False, ())
    assert (code, detail) == ("[31mx", "a b  c")
    assert describe(500, b'\xef\xbb\xbf{"code":"c","detail":"d"}', False, ())[:2] == ("c", "d")
    random = Seeded(9)
    for _ in range(300):
        data = random.mutated(random.mutated(b'{"code":"c\\ud83d\\n","detail":{"a":[1.5,null]},"id":"i","error":7}'))
        for told in describe(500, data, random.below(2) == 0, ("i", 7)):
            assert told is None or isinstance(told, str) and "\n" not in told and told.encode() is not None, data


def test_what_an_error_says():
    assert describe(404, b'{"code":"c","detail":"d","id":"i","status":404}', False, ()) == ("c", "d", "i")
    assert describe(429, b"slow down", False, ()) == ("http_429", "slow down", None)
    assert describe(502, b"<html>x", False, ()) == ("http_502", "no reason given", None)
    assert describe(500, b"", False, ()) == ("http_500", "no reason given", None)
    assert describe(400, b"[1]", False, ())[0] == "http_400"
    assert describe(400, b'{"code":5,"detail":{"a":1}}', False, ()) == ("5", '{"a": 1}', None)
    oauth = b'{"error":"x","error_description":"y"}'
    assert describe(401, oauth, True, ())[:2] == ("access_denied", "the API key was refused")
    assert describe(503, oauth, True, ())[:2] == ("x", "y")
    assert describe(400, b'{"detail":"your key s3cret is odd"}', False, [None, "s3cret"])[1] == "your key *** is odd"
    assert len(describe(400, b"x" * 4000, False, ())[1]) == 500
