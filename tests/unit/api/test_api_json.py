"""The API client's JSON: whole and streamed values, any division into pieces, mistakes, hostile documents."""

import json

from arduino_cloud_api.json_reader import BEGIN, DONE, END, MORE, VALUE, JSONError, JSONReader
from arduino_cloud_api.trouble import parsed
from arduino_iot_cloud.port import MICROPYTHON
from portable_assert import raises
from seeded import Seeded

RUNS = 150 if MICROPYTHON else 1500
LIST = b' [ {"id":"a","n":[1,-2.5,{"x":{}}],"t":"\\"q\\\\\\u00e9"},\n"two" , 3 , [ ] ,null,true,[[false]],"",{}] '
SERIES = (
    b'{"resp_version":1,"responses":[{"query":"a","times":["t1","t2"],"values":[1,{"hue":2}],"status":"ok"},'
    b'{"values":[],"more":{"times":[7]},"times":[]}],"end":[1,2]}'
)
SERIES_OPENED = (None, "responses", None, "times values")


def events(data, opened=(), at_most=1000000, limit=16384):
    """[(event, depth, key, value)] of a document that arrives in pieces."""
    reader = JSONReader(opened, limit)
    found = []
    pos = 0
    while True:
        event = reader.next()
        if event == MORE or event == DONE:
            if pos >= len(data):
                event = reader.last()
                if event == VALUE:
                    found.append((event, reader.depth, reader.key, reader.value))
                return found
            reader.feed(data[pos : pos + at_most])
            pos += at_most
        else:
            found.append((event, reader.depth, reader.key, reader.value if event == VALUE else None))


def values(data, opened=(), at_most=1000000, limit=16384):
    return [item[3] for item in events(data, opened, at_most, limit) if item[0] == VALUE]


def outcome(data, opened, at_most):
    try:
        return events(data, opened, at_most)
    except JSONError:
        return None


def test_documents_as_one_value():
    for data in (LIST, SERIES, b"0", b"-1.5e3", b" true ", b"null", b'"x"', b"[]", b"{}", b'{"a":{"a":[{}]}}', b"12"):
        for at_most in (1, 2, 3, 5, 1000):
            assert values(data, (), at_most) == [json.loads(data)], data


def test_elements_of_an_array():
    for at_most in (1, 2, 3, 7, 1000):
        found = events(LIST, (None,), at_most)
        assert found[0] == (BEGIN, 1, None, None) and found[-1] == (END, 0, None, None)
        assert [item[3] for item in found[1:-1]] == json.loads(LIST)
        assert set([item[:3] for item in found[1:-1]]) == set([(VALUE, 1, None)])


def test_members_that_are_opened_by_name():
    for at_most in (1, 2, 3, 7, 1000):
        assert events(SERIES, SERIES_OPENED, at_most) == [
            (BEGIN, 1, None, None), (VALUE, 1, "resp_version", 1), (BEGIN, 2, None, None),
            (BEGIN, 3, None, None), (VALUE, 3, "query", "a"),
            (BEGIN, 4, None, None), (VALUE, 4, None, "t1"), (VALUE, 4, None, "t2"), (END, 3, "times", None),
            (BEGIN, 4, None, None), (VALUE, 4, None, 1), (VALUE, 4, None, {"hue": 2}), (END, 3, "values", None),
            (VALUE, 3, "status", "ok"), (END, 2, None, None),
            (BEGIN, 3, None, None), (BEGIN, 4, None, None), (END, 3, "values", None),
            (VALUE, 3, "more", {"times": [7]}), (BEGIN, 4, None, None), (END, 3, "times", None), (END, 2, None, None),
            (END, 1, "responses", None), (VALUE, 1, "end", [1, 2]), (END, 0, None, None),
        ]  # fmt: skip


def test_every_division_in_two():
    for data, opened in ((LIST, (None,)), (SERIES, SERIES_OPENED), (LIST, ())):
        whole = events(data, opened)
        for cut in range(len(data)):
            reader = JSONReader(opened)
            found = []
            for piece in (data[:cut], data[cut:]):
                reader.feed(piece)
                while True:
                    event = reader.next()
                    if event in (MORE, DONE):
                        break
                    found.append((event, reader.depth, reader.key, reader.value if event == VALUE else None))
            assert reader.last() == DONE and found == whole, cut


def test_every_prefix_is_refused_at_its_end():
    for data, opened in ((LIST.strip(), (None,)), (SERIES, SERIES_OPENED), (SERIES, ()), (b'"abc"', ()), (b"true", ())):
        for cut in range(len(data)):
            assert outcome(data[:cut], opened, 1000) is None, data[:cut]
            assert outcome(data[:cut], opened, 1) is None, data[:cut]


def test_texts():
    for data, text in (
        (b'"\xc3\xa9\xf0\x9f\x98\x80"', "\u00e9\U0001f600"),
        (b'"\\u00e9\\ud83d\\ude00\\\\ud83d\\n\\/"', "\u00e9\U0001f600\\ud83d\n/"),
        (b'"\\uD83D\\uDE00\\ud83d\\ude01x"', "\U0001f600\U0001f601x"),
    ):
        for at_most in (1, 3, 100):
            assert values(data, (), at_most) == [text]
            assert values(b"{" + data + b":" + data + b"}", (), at_most) == [{text: text}]


def test_a_byte_order_mark_before_a_document():
    for data, opened in ((LIST, ()), (LIST, (None,)), (SERIES, SERIES_OPENED), (b"7", ()), (b'"x"', ())):
        for at_most in (1, 2, 3, 4, 1000):
            assert events(b"\xef\xbb\xbf" + data, opened, at_most) == events(data, opened, at_most)
            assert outcome(b"\xef\xbb\xbf", opened, at_most) is None


def test_a_document_that_is_there_as_a_whole():
    for data in (LIST, SERIES, b"12", b" true ", b'"x"', b"\xef\xbb\xbf{}"):
        assert parsed(data) == json.loads(data.decode().lstrip("\ufeff"))
    for data in (b"", b"[", b"[1", b"[1]]", b"1 2", b"[" * 4000, b'{"a":' * 700, b"\xff", b'"\xff"', b"nul"):
        raises(JSONError, parsed, data)


def test_numbers_have_as_many_digits_as_take_no_time():
    for data in (b"9" * 100000, b"[" + b"1" * 100000, b"0." + b"3" * 100000, b"1" + b"e" * 100000):
        for at_most in (64, 1000000):
            raises(JSONError, values, data, (), at_most, 4194304)
    assert values(b"-" + b"9" * 999, (), 64) == [1 - 10**999]


def test_half_a_pair_of_escapes_harms_nothing():
    for data in (b'"\\ud83d"', b'"\\ude00\\ud83dx"', b'"\\ud83d\\u0041"'):
        assert len(values(data)) == 1
    raises(JSONError, values, b'"\\u12"')


def test_what_is_no_json_is_refused():
    for data in (
        b"", b" ", b"]", b"}", b",", b"[,]", b"[1,]", b"[1 2]", b"[1;2]", b"[1}", b"{]", b'{"a"}', b'{"a":}',
        b'{"a":1,}',
        b'{"a" 1}', b"{a:1}", b"{1:1}", b'{"a":1 "b":2}', b"[1]]", b"[1] 2", b"1 2", b'"a" "b"', b"nul", b"nulll", b"+",
        b"-", b"--1", b"1-", b"tru e", b"NaN", b"Infinity", b"-Infinity", b"'a'", b"/**/1", b'"\xff"', b"\xef\xbb1", b"\xef\xbb\xbf",
        b"\xef\xbb\xbf\xef\xbb\xbf1", b"\xef \xbb\xbf1", b"\xbf1", b"[\xef\xbb\xbf1]", b"1\xef\xbb\xbf",
        b'"\xc3"', b"\x00", b"[1\x00]", b'{"a":1}}', b"<html>", b'{"a":[}', b'["a",:]', b"{,}", b'{"a"::1}',
    ):  # fmt: skip
        for opened in ((), (None,), (None, None), SERIES_OPENED):
            for at_most in (1, 1000):
                assert outcome(data, opened, at_most) is None, data


def test_nesting_and_sizes_are_bounded():
    assert values(b"[" * 32 + b"]" * 32)
    raises(JSONError, values, b"[" * 33 + b"]" * 33)
    raises(JSONError, values, b'{"a":' * 10000)
    raises(JSONError, values, b"[" * 1000, (None,))
    assert values(b'["' + b"x" * 90 + b'"]', (None,), 7, 100)
    for data in (
        b'"' + b"x" * 101 + b'"', b"1" * 101, b" " * 101, b"[" + b" " * 101 + b"1]", b"[[" + b"1," * 60 + b"1]]",
        b'{"' + b"k" * 101 + b'":1}', b'[{"a":"' + b"\\n" * 60 + b'"}]',
    ):  # fmt: skip
        for at_most in (1, 30, 1000):
            raises(JSONError, values, data, (None,), at_most, 100)
    # the limit is for one value: there may be any number of them
    assert sum(values(b"[" + b"1," * 2000 + b"1]", (None,), 64, 100)) == 2001


def tree(random, depth=0):
    """A JSON value and one way to write it, with blanks and escapes."""
    kind = random.below(8 if depth < 5 else 5)
    if kind == 0:
        return random.choice(((True, "true"), (False, "false"), (None, "null")))
    if kind in (1, 2):
        number = random.choice((0, 1, -1, random.below(1 << 31), -random.below(1 << 62), 0.5, -12.25, 1e3))
        return number, json.dumps(number)
    if kind in (3, 4):
        return text(random)
    between = random.choice((",", " , ", ",\r\n\t"))
    items = [tree(random, depth + 1) for _ in range(random.below(5))]
    if kind < 7:
        return [item[0] for item in items], "[" + between.join([item[1] for item in items]) + "]"
    value = {}
    written = []
    for item in items:
        name = text(random)
        value[name[0]] = item[0]
        written.append(name[1] + random.choice((":", " : ")) + item[1])
    return value, "{ " + between.join(written) + " }"


# (character, how it is written)
CHARACTERS = (
    ("a", "a"), ("[", "["), (",", ","), ("\u00fc", "\u00fc"), ('"', '\\"'), ("\\", "\\\\"), ("\n", "\\n"),
    ("\u20ac", "\\u20AC"), ("\U0001f41d", "\\ud83d\\udc1d"), ("{", "\\u007b"),
)  # fmt: skip


def text(random):
    plain = ""
    written = ""
    for _ in range(random.below(6)):
        one = random.choice(CHARACTERS)
        plain += one[0]
        written += one[1]
    return plain, '"' + written + '"'


def test_random_documents_however_divided():
    random = Seeded(21)
    for _ in range(RUNS):
        value, written = tree(random)
        data = written.encode()
        assert values(data, (), 1 + random.below(9)) == [value], data
        if isinstance(value, list):
            assert values(data, (None,), 1 + random.below(9)) == value, data
        if not MICROPYTHON:
            assert json.loads(data) == value


def test_documents_with_mistakes_however_divided():
    random = Seeded(22)
    good = 0
    for run in range(RUNS):
        data = random.choice((LIST, SERIES, tree(random)[1].encode()))
        data = random.mutated(data)
        opened = random.choice(((), (None,), SERIES_OPENED))
        found = outcome(data, opened, 1)
        assert found == outcome(data, opened, 1 + random.below(30)) == outcome(data, opened, 100000), data
        good += found is not None
        if not MICROPYTHON:
            try:
                value = json.loads(data.decode())
            except ValueError:
                value = raises
            whole = outcome(data, (), 5)
            assert (whole is None) == (value is raises), data
            assert whole is None or whole[0][3] == value, data
    assert 0 < good < RUNS


def test_random_bytes():
    random = Seeded(23)
    for _ in range(RUNS):
        data = random.choice((b"", b"[", b'{"a":', b'["')) + random.bytes(random.below(40))
        outcome(data, (None,), 1 + random.below(40))
