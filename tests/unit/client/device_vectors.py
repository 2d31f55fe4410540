"""The vectors of tests/vectors/device_vectors.json."""

import json

with open(__file__.rsplit("/", 3)[0] + "/vectors/device_vectors.json", "rb") as _file:
    VECTORS = json.load(_file)


def named(kind):
    """[(name, vector, its payload)] of one kind."""
    return [(vector["name"], vector, bytes.fromhex(vector["hex"])) for vector in VECTORS[kind]]


def plain(value):
    """The vectors' notation for byte strings and simple values, resolved."""
    if isinstance(value, dict) and "bytes" in value:
        return bytes.fromhex(value["bytes"])
    if isinstance(value, dict) and "simple" in value:
        return value["simple"]
    return value


def fields(record):
    """(name, value, time) of a record in the vectors' notation, without a base time."""
    value = None
    for key in ("v", "vs", "vb"):
        if key in record:
            value = record[key]
            if record.get(key + "_enc", "int") != "int":
                value = float(value)
    return record.get("n"), value, record.get("t", 0)
