"""`series export` and `series plot` write exactly what the cloud has."""

import csv
import io
import json
import math
import re
import struct
import xml.etree.ElementTree as ElementTree
import zlib
from datetime import datetime, timedelta, timezone

import duckdb
import pytest

START = datetime(2026, 3, 2, tzinfo=timezone.utc)
SVG = "{http://www.w3.org/2000/svg}"


def rows_of(text):
    return [(each["time"], each["property"], each["value"]) for each in csv.DictReader(io.StringIO(text))]


@pytest.fixture
def export(command, name):
    """`export(*arguments)` -> the rows of a CSV export of the test's thing for March 2026."""

    def export(*arguments, thing=name):
        arguments = ("--from", "2026-03-01", "--to", "2026-04-01", "--csv", "-", *arguments)
        return rows_of(command.local("series", "export", thing, *arguments).stdout)

    return export


def test_csv_has_every_value_over_the_borders_of_pages(thing, fill, export):
    points = [(START + timedelta(seconds=n), n) for n in range(998)]
    moment = START + timedelta(seconds=1000)
    points += [(moment, 10_000 + n) for n in range(5)]  # these are on both sides of a page's end
    points += [(moment + timedelta(seconds=n, microseconds=250), n) for n in range(1, 1100)]
    fill(thing(("count", "INT")), "count", points)
    exported = export()
    assert len(exported) == len(points)
    assert [int(value) for _, _, value in exported] == [value for _, value in points]
    assert exported[0] == ("2026-03-02T00:00:00Z", "count", "0")
    assert exported[-1] == ("2026-03-02T00:34:59.000250Z", "count", "1099")


def test_an_export_without_some_of_the_values_of_a_moment_says_so(command, thing, fill, name):
    points = [(START, n) for n in range(1100)] + [(START + timedelta(seconds=1), 5000)]
    fill(thing(("count", "INT")), "count", points)
    arguments = ("--from", "2026-03-01", "--to", "2026-04-01", "--csv", "x.csv")
    told = command.local("series", "export", name, *arguments, code=3)
    line = "%s/count: 2026-03-02T00:00:00Z has 1000 values or more; any others are left out" % name
    assert told.stderr == "local-cloud: %s\n" % line and told.stdout == "1001 values of 1 properties\n"
    values = [int(value) for _, _, value in rows_of((command.folder / "x.csv").read_text())]
    assert values == [*range(1000), 5000]


def test_values_of_each_type_are_written_as_they_are(account, thing, export):
    made = thing(("a", "FLOAT"), ("b", "STATUS"), ("c", "CHARSTRING"), ("d", "LOCATION"))
    values = {"a": 21.5, "b": True, "c": 'say "hé",\nyou', "d": {"lat": 45.5, "lon": 7.25}}
    time = "2026-03-05T00:00:00.250000Z"
    for each in made["properties"]:
        batch = [{"timestamp": time, "value": values[each["name"]]}]
        account("PUT", "things/%s/properties/%s/publish_batch" % (made["id"], each["id"]), batch)
    exported = {name: value for _, name, value in export()}
    assert {time for time, _, _ in export()} == {time}
    assert json.loads(exported.pop("d")) == values.pop("d")
    assert exported == {"a": "21.5", "b": "true", "c": values["c"]}


def test_parquet_read_back_equals_the_values(command, thing, fill, name):
    made = thing(("a", "FLOAT"), ("b", "STATUS"), ("c", "CHARSTRING"))
    numbers = [(START + timedelta(minutes=n, microseconds=n), n / 7) for n in range(1500)]
    flags = [(START + timedelta(hours=n), n % 2 == 0) for n in range(10)]
    texts = [(START, "α"), (START + timedelta(days=1), "β'\"")]
    for variable, points in (("a", numbers), ("b", flags), ("c", texts)):
        fill(made, variable, points)
    arguments = ("--from", "2026-03-01", "--to", "2026-04-01", "--parquet", "it's.parquet", "--json")
    said = json.loads(command.local("series", "export", name, *arguments).stdout)
    assert said["rows"] == 1512 and said["parquet"] == "it's.parquet"
    with duckdb.connect() as reader:
        columns = "epoch_us(time), thing, property, value, text"
        rows = reader.execute(
            "SELECT %s FROM read_parquet(?)" % columns, [str(command.folder / "it's.parquet")]
        ).fetchall()

    def us(time):
        return (time - START) // timedelta(microseconds=1) + int(START.timestamp()) * 1_000_000

    assert rows == (
        [(us(time), name, "a", value, None) for time, value in numbers]
        + [(us(time), name, "b", float(value), None) for time, value in flags]
        + [(us(time), name, "c", None, value) for time, value in texts]
    )


def test_an_empty_range_gives_files_without_rows(command, thing, name):
    thing(("a", "FLOAT"))
    command.local("series", "export", name, "--from", "1h", "--csv", "a.csv", "--parquet", "a.parquet")
    assert (command.folder / "a.csv").read_text() == "time,thing,property,value\n"
    with duckdb.connect() as reader:
        query = "SELECT count(*) FROM read_parquet(?)"
        assert reader.execute(query, [str(command.folder / "a.parquet")]).fetchall() == [(0,)]


def test_aggregated_values_over_more_intervals_than_an_answer_has(thing, fill, export):
    made = thing(("a", "FLOAT"), ("b", "STATUS"), ("c", "CHARSTRING"))
    fill(made, "a", [(START + timedelta(minutes=n), float(n)) for n in range(1500)])
    fill(made, "b", [(START, True), (START + timedelta(seconds=30), False)])
    exported = export("--interval", "60", "--aggregation", "MAX")
    assert [value for _, name, value in exported if name == "a"] == [str(float(n)) for n in range(1500)]
    hours = export("--interval", "3600")
    averages = [float(value) for _, name, value in hours if name == "a"]
    assert averages == [60 * n + 29.5 for n in range(25)]
    assert [(time, float(value)) for time, name, value in hours if name == "b"] == [
        ("2026-03-02T00:00:00Z", 1)
    ]
    assert not [name for _, name, _ in hours if name == "c"]


def test_samples_are_of_all_types(thing, fill, export):
    made = thing(("c", "CHARSTRING"))
    fill(made, "c", [(START, "x"), (START + timedelta(seconds=59), "y"), (START + timedelta(days=2), "z")])
    assert [value for _, _, value in export("--interval", "60", "--sample")] == ["y", "z"]


def test_a_failed_export_leaves_the_file_as_it_was(command, proxy, thing, fill, name):
    fill(thing(("a", "FLOAT")), "a", [(START, 1.0)])
    for file in ("a.csv", "a.parquet"):
        (command.folder / file).write_text("before")
    proxy.refuse = lambda method, path: "/series/" in path
    arguments = ("--from", "2026-03-01", "--to", "2026-04-01", "--csv", "a.csv", "--parquet", "a.parquet")
    failed = command.through(proxy, "series", "export", name, *arguments, code=1)
    assert "HTTP 403: not today" in failed.stderr
    assert sorted(path.name for path in command.folder.iterdir()) == ["a.csv", "a.parquet"]
    assert {path.read_text() for path in command.folder.iterdir()} == {"before"}


@pytest.fixture
def wave(thing, fill):
    """A week of hourly values on a sine around 20, and a lamp that is on every other day."""
    made = thing(("temperature", "TEMPERATURE"), ("lamp", "STATUS"))
    values = [20 + 5 * math.sin(2 * math.pi * n / 84) for n in range(168)]
    fill(made, "temperature", [(START + timedelta(hours=n), value) for n, value in enumerate(values)])
    fill(made, "lamp", [(START + timedelta(days=n), n % 2 == 0) for n in range(7)])
    return made, values


WEEK = ("--from", "2026-03-02", "--to", "2026-03-09")


def test_a_plot_as_svg_has_the_line_of_the_values(command, wave, name):
    made, values = wave
    command.local("series", "plot", name, *WEEK, "--output", "week.svg", "--title", "Our $class$ & <we>")
    drawing = ElementTree.parse(command.folder / "week.svg").getroot()
    texts = ["".join(each.itertext()).strip() for each in drawing.iter(SVG + "text")]
    assert "Our $class$ & <we>" in texts and {"temperature", "lamp"} <= set(texts)
    ids = {each["name"]: each["id"] for each in made["properties"]}
    points = line_in(drawing, ids["temperature"])
    assert len(points) == len(values)
    # The plot maps values linearly: y points upwards, and time runs in equal steps.
    scale = (points[63][1] - points[21][1]) / (values[63] - values[21])
    assert scale < 0
    for (x, y), n in zip(points, range(len(values)), strict=True):
        assert y == pytest.approx(points[21][1] + scale * (values[n] - values[21]), abs=0.05)
        assert x == pytest.approx(points[0][0] + n * (points[1][0] - points[0][0]), abs=0.05)
    lamp = line_in(drawing, ids["lamp"])
    assert len({round(y, 3) for _, y in lamp}) == 2, "a step is either on or off"


def line_in(drawing, variable):
    (group,) = [each for each in drawing.iter(SVG + "g") if each.get("id") == variable]
    path = group.find(SVG + "path").get("d")
    return [(float(x), float(y)) for x, y in re.findall(r"[ML] ([-\d.]+) ([-\d.]+)", path)]


def test_a_plot_as_png_has_the_line_where_it_belongs(command, wave, name):
    command.local("series", "plot", name + "/temperature", *WEEK, "--output", "week.png", "--size", "600x300")
    width, height, pixels = read_png((command.folder / "week.png").read_bytes())
    assert (width, height) == (600, 300)
    # Only the part above the legend, since the legend shows a piece of the line too.
    blue = {(x, y) for y in range(250) for x in range(width) if is_blue(pixels[y][4 * x : 4 * x + 3])}
    columns = {x: [y for each, y in blue if each == x] for x in {x for x, _ in blue}}
    inside = sorted(columns)
    assert len(inside) > 500
    # The week has two waves, with maxima at 1/8 and 5/8 and minima at 3/8 and 7/8.
    begin, span = inside[0], inside[-1] - inside[0]
    heights = [sum(columns[begin + round(span * part)]) / len(columns[begin + round(span * part)])
               for part in (0.125, 0.375, 0.625, 0.875)]  # fmt: skip
    assert heights[0] == pytest.approx(heights[2], abs=4) and heights[1] == pytest.approx(heights[3], abs=4)
    assert heights[1] - heights[0] > 150


def is_blue(rgb):
    red, green, blue = rgb
    return blue > 150 and red < 110 and blue > green + 30


def read_png(data):
    """Return width, height and rows of RGBA. Knows the PNG standard's filters 0 to 4."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, depth, color = struct.unpack(">IIBB", data[16:26])
    assert (depth, color) == (8, 6)
    packed, at = b"", 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        content = data[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + content) == struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0]
        packed += content if kind == b"IDAT" else b""
        at += 12 + length
    raw = zlib.decompress(packed)
    rows, above = [], bytes(4 * width)
    for y in range(height):
        kind, *row = raw[y * (4 * width + 1) : (y + 1) * (4 * width + 1)]
        for i in range(4 * width):
            a, b, c = (row[i - 4] if i > 3 else 0), above[i], (above[i - 4] if i > 3 else 0)
            nearest = min((a, b, c), key=lambda each: abs(a + b - c - each))
            row[i] = (row[i] + (0, a, b, (a + b) // 2, nearest)[kind]) & 255
        rows.append(row)
        above = row
    return width, height, rows


@pytest.mark.parametrize(
    "arguments, told",
    [
        (("export", "x"), "--csv or --parquet is needed"),
        (("export", "x", "--csv", "-", "--aggregation", "AVG"), "need --interval"),
        (("export", "x", "--csv", "-", "--from", "yesterday"), "--from: expected a time such as"),
        (("export", "x", "--csv", "-", "--from", "1h", "--to", "2h"), "is not before --to"),
        (("export", "x", "--csv", "-", "--interval", "86401"), "--interval: expected 1 to 86400"),
        (("plot", "x", "--output", "x.gif"), "--output: expected a name that ends with .png or .svg"),
        (("plot", "x", "--output", "x.png", "--size", "big"), "--size: expected WIDTHxHEIGHT"),
    ],
)
def test_wrong_options_are_told_before_any_request(command, proxy, arguments, told):
    refused = command.through(proxy, "series", *arguments, code=2)
    assert told in refused.stderr and proxy.requests == []


def test_what_is_not_there_cannot_be_exported(command, thing, name):
    thing(("c", "CHARSTRING"))
    assert (
        "no property matches" in command.local("series", "export", name + "/x", "--csv", "-", code=1).stderr
    )
    plotted = command.local("series", "plot", name, "--output", "x.svg", code=1)
    assert "none of these properties has numbers" in plotted.stderr
    assert not (command.folder / "x.svg").exists()
