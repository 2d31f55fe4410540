"""The examples in RFC 8949: Appendix A (well-formed items) and Appendix F (malformed bytes)."""

from collections import OrderedDict

from arduino_iot_cloud.cbor_item import Simple, Tag

NAN = float("nan")
INFINITY = float("inf")


def _map(*pairs):
    return OrderedDict(pairs)


# (hex, value) in the shortest encoding, for both directions.
SHORTEST = (
    ("00", 0),
    ("01", 1),
    ("0a", 10),
    ("17", 23),
    ("1818", 24),
    ("1819", 25),
    ("1864", 100),
    ("1903e8", 1000),
    ("1a000f4240", 1000000),
    ("1b000000e8d4a51000", 1000000000000),
    ("1bffffffffffffffff", 18446744073709551615),
    ("c249010000000000000000", Tag(2, b"\x01\0\0\0\0\0\0\0\0")),
    ("3bffffffffffffffff", -18446744073709551616),
    ("c349010000000000000000", Tag(3, b"\x01\0\0\0\0\0\0\0\0")),
    ("20", -1),
    ("29", -10),
    ("3863", -100),
    ("3903e7", -1000),
    ("f90000", 0.0),
    ("f98000", -0.0),
    ("f93c00", 1.0),
    ("fb3ff199999999999a", 1.1),
    ("f93e00", 1.5),
    ("f97bff", 65504.0),
    ("fa47c35000", 100000.0),
    ("fa7f7fffff", 3.4028234663852886e38),
    ("fb7e37e43c8800759c", 1.0e300),
    ("f90001", 5.960464477539063e-8),
    ("f90400", 0.00006103515625),
    ("f9c400", -4.0),
    ("fbc010666666666666", -4.1),
    ("f97c00", INFINITY),
    ("f97e00", NAN),
    ("f9fc00", -INFINITY),
    ("f4", False),
    ("f5", True),
    ("f6", None),
    ("f7", Simple(23)),
    ("f0", Simple(16)),
    ("f8ff", Simple(255)),
    ("c074323031332d30332d32315432303a30343a30305a", Tag(0, "2013-03-21T20:04:00Z")),
    ("c11a514b67b0", Tag(1, 1363896240)),
    ("c1fb41d452d9ec200000", Tag(1, 1363896240.5)),
    ("d74401020304", Tag(23, b"\1\2\3\4")),
    ("d818456449455446", Tag(24, b"dIETF")),
    ("d82076687474703a2f2f7777772e6578616d706c652e636f6d", Tag(32, "http://www.example.com")),
    ("40", b""),
    ("4401020304", b"\1\2\3\4"),
    ("60", ""),
    ("6161", "a"),
    ("6449455446", "IETF"),
    ("62225c", '"\\'),
    ("62c3bc", "\u00fc"),
    ("63e6b0b4", "\u6c34"),
    ("64f0908591", "\U00010151"),
    ("80", []),
    ("83010203", [1, 2, 3]),
    ("8301820203820405", [1, [2, 3], [4, 5]]),
    ("98190102030405060708090a0b0c0d0e0f101112131415161718181819", list(range(1, 26))),
    ("a0", {}),
    ("a201020304", _map((1, 2), (3, 4))),
    ("a26161016162820203", _map(("a", 1), ("b", [2, 3]))),
    ("826161a161626163", ["a", {"b": "c"}]),
    ("a56161614161626142616361436164614461656145", _map(("a", "A"), ("b", "B"), ("c", "C"), ("d", "D"), ("e", "E"))),
)

# (hex, value) in other encodings, only for decoding.
OTHERS = (
    ("fa7f800000", INFINITY),
    ("fa7fc00000", NAN),
    ("faff800000", -INFINITY),
    ("fb7ff0000000000000", INFINITY),
    ("fb7ff8000000000000", NAN),
    ("fbfff0000000000000", -INFINITY),
    ("5f42010243030405ff", b"\1\2\3\4\5"),
    ("7f657374726561646d696e67ff", "streaming"),
    ("9fff", []),
    ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]),
    ("9f01820203820405ff", [1, [2, 3], [4, 5]]),
    ("83018202039f0405ff", [1, [2, 3], [4, 5]]),
    ("83019f0203ff820405", [1, [2, 3], [4, 5]]),
    ("9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff", list(range(1, 26))),
    ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}),
    ("826161bf61626163ff", ["a", {"b": "c"}]),
    ("bf6346756ef563416d7421ff", {"Fun": True, "Amt": -2}),
)

ENDS_IN_HEAD = (
    "18 19 1a 1b 1901 1a0102 1b01020304050607 38 58 78 98 9a01ff00 b8 d8 f8 f900 fa0000 fb000000".split()
)
SHORT_STRINGS = "41 61 5affffffff00 5bffffffffffffffff010203 7affffffff00 7b7fffffffffffffff010203".split()
TOO_FEW_ITEMS = "81 818181818181818181 8200 a1 a20102 a100 a2000000 c0".split()
WITHOUT_BREAK = (
    "5f4100 7f6100 9f 9f0102 bf bf01020102 819f 9f8000 9f9f9f9f9fffffffff 9f819f819f9fffffff".split()
)
RESERVED = (
    "1c 1d 1e 3c 3d 3e 5c 5d 5e 7c 7d 7e 9c 9d 9e bc bd be dc dd de fc fd fe 1f 3f df f800 f801 f818 f81f".split()
)
WRONG_CHUNKS = "5f00ff 5f21ff 5f6100ff 5f80ff 5fa0ff 5fc000ff 5fe0ff 7f4100ff 5f5f4100ffff 7f7f6100ffff".split()
STRAY_BREAKS = (
    "ff 81ff 8200ff a1ff a1ff00 a100ff a20000ff 9f81ff 9f829f819f9fffffffff bf00ff bf000000ff".split()
)
MALFORMED = (
    ENDS_IN_HEAD + SHORT_STRINGS + TOO_FEW_ITEMS + WITHOUT_BREAK + RESERVED + WRONG_CHUNKS + STRAY_BREAKS
)


def same(a, b):
    """Return whether two items are the same, including type and the sign of zero. NaN equals NaN."""
    if isinstance(a, dict) and isinstance(b, dict):
        return len(a) == len(b) and all([key != key or key in b and same(a[key], b[key]) for key in a])
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return a != a and b != b or a == b and str(a) == str(b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all([same(a[i], b[i]) for i in range(len(a))])
    return a == b
