"""`local-cloud series`: write past values to a table, or plot them."""

import argparse
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .connection import Connection
from .exits import DONE, PARTLY, USAGE, CommandError
from .parsers import command, group, positive
from .terminal import complain, progress, tell_json
from .values.query import Range, Selected, checked, pages, select, when
from .working import work

AGGREGATIONS = (
    "AVG MIN MAX SUM COUNT PCT_99 PCT_95 PCT_90 PCT_75 PCT_50 PCT_15 PCT_5 BOOL_OR BOOL_AND".split()
)
_LONGEST_S = 86400
_POINTS_OF_A_PICTURE = 1000
# For a plot: with these, intervals begin at full minutes and hours.
_INTERVALS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, _LONGEST_S)
_SELECTING = """\
THING/PROPERTY by their names or ids, or THING for all its properties; * and ? stand for any text,
such as 'Weather */temperature'. Times: 2026-03-02, 2026-03-02T10:00:00+01:00 (UTC if no zone is given),
now, or how long ago: 90m, 12h, 7d, 2w."""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the commands to the parser."""
    series = group(commands, "series", "write past values to a table, or plot them")
    _add_export(series)
    _add_plot(series)


def _add_export(series: argparse._SubParsersAction) -> None:
    export = command(
        series,
        "export",
        "write past values as CSV or Parquet",
        run_export,
        "local-cloud series export Weather/temperature --csv -\n"
        "local-cloud series export 'Weather *' --from 2w --interval 3600 --csv weather.csv\n"
        "local-cloud series export Weather --from 2026-03-02 --to 2026-03-03 --parquet weather.parquet",
        _SELECTING,
    )
    _add_selection(export)
    export.add_argument(
        "--interval",
        type=positive,
        metavar="S",
        help="one value for each interval of so many seconds (at most 86400); by default every value",
    )
    how = export.add_mutually_exclusive_group()
    how.add_argument(
        "--aggregation",
        choices=AGGREGATIONS,
        help="with --interval; AVG by default, BOOL_OR for booleans",
    )
    how.add_argument(
        "--sample",
        action="store_true",
        help="with --interval (from 60): one of the values; works for texts and objects too",
    )
    export.add_argument("--csv", metavar="FILE", help="- for stdout")
    export.add_argument("--parquet", type=Path, metavar="FILE", help="in addition to --csv, or instead of it")
    export.add_argument("--json", action="store_true", help="report what was written as one JSON object")


def _add_plot(series: argparse._SubParsersAction) -> None:
    plot = command(
        series,
        "plot",
        "plot past values to a PNG or SVG file",
        run_plot,
        "local-cloud series plot Weather/temperature --output week.png\n"
        "local-cloud series plot 'Weather */temperature' --from 24h --output day.svg --title 'Our classroom'",
        _SELECTING,
    )
    _add_selection(plot)
    plot.add_argument("--output", type=Path, required=True, metavar="FILE", help="ends with .png or .svg")
    plot.add_argument(
        "--interval",
        type=positive,
        metavar="S",
        help="in seconds; by default so that a line has at most 1000 points",
    )
    plot.add_argument("--aggregation", choices=AGGREGATIONS, help="AVG by default, BOOL_OR for booleans")
    plot.add_argument("--title", help="title of the plot; by default the names of the things")
    plot.add_argument("--size", default="1000x500", metavar="WxH", help="in pixels; %(default)s by default")


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("variables", nargs="+", metavar="THING[/PROPERTY]")
    parser.add_argument("--from", dest="start", default="7d", metavar="TIME", help="inclusive; 7d by default")
    parser.add_argument("--to", dest="end", default="now", metavar="TIME", help="exclusive; now by default")


def run_export(options: argparse.Namespace) -> int:
    """Run `series export`."""
    wanted = _range(options)
    if not options.csv and not options.parquet:
        raise CommandError("--csv or --parquet is needed", USAGE)
    if not options.interval and (options.aggregation or options.sample):
        raise CommandError("--aggregation and --sample need --interval", USAGE)
    if options.sample and options.interval < 60:
        raise CommandError(
            "--interval: with --sample expected 60 to 86400, got %d" % options.interval, USAGE
        )

    async def job(api: Any, connection: Connection) -> int:
        from .values.tables import CSVTable, ParquetTable

        things = await api.things.list(show_properties=True).all()
        selected = select(options.variables, things)
        if wanted.how == "aggregated":
            selected = _numeric(selected)
        rows = 0
        left_out: list[datetime] = []
        with ExitStack() as opened:
            tables: list[CSVTable | ParquetTable] = []
            if options.csv:
                tables.append(opened.enter_context(CSVTable(options.csv)))
            if options.parquet:
                tables.append(opened.enter_context(ParquetTable(options.parquet)))
            advance = opened.enter_context(progress("seconds", _seconds(wanted) * len(selected)))
            for variable in selected:
                async for points in pages(api, variable, wanted, advance, left_out.append):
                    rows += len(points)
                    for table in tables:
                        table.write(variable, points)
        said = {"rows": rows, "properties": len(selected), "csv": options.csv, "parquet": options.parquet}
        if options.json and options.csv != "-":
            tell_json(
                {
                    key: value and str(value) if key in ("csv", "parquet") else value
                    for key, value in said.items()
                }
            )
        elif options.csv != "-":
            print("%d values of %d properties" % (rows, len(selected)))
        return PARTLY if left_out else DONE

    return work(options, job)


def run_plot(options: argparse.Namespace) -> int:
    """Run `series plot`."""
    if options.output.suffix.lower() not in (".png", ".svg"):
        raise CommandError(
            "--output: expected a name that ends with .png or .svg, got %r" % str(options.output), USAGE
        )
    if not options.interval:
        now = datetime.now(timezone.utc)
        seconds = (_time("--to", options.end, now) - _time("--from", options.start, now)).total_seconds()
        fitting = (each for each in _INTERVALS if each * _POINTS_OF_A_PICTURE >= seconds)
        options.interval = next(fitting, _LONGEST_S)
    options.sample = False
    wanted = _range(options)
    size = _size(options.size)

    async def job(api: Any, connection: Connection) -> int:
        from .values.plotting import Line, draw

        things = await api.things.list(show_properties=True).all()
        selected = _numeric(select(options.variables, things))
        lines = []
        with progress("seconds", _seconds(wanted) * len(selected)) as advance:
            for variable in selected:
                line = Line(variable)
                async for points in pages(api, variable, wanted, advance):
                    line.points += points
                lines.append(line)
        title = options.title or ", ".join(dict.fromkeys(each.thing for each in selected))
        draw(options.output, lines, wanted, title, size)
        print(
            "%d values of %d properties in %s"
            % (sum(len(each.points) for each in lines), len(lines), options.output)
        )
        return DONE

    return work(options, job)


def _seconds(wanted: Range) -> float:
    return (wanted.end - wanted.start).total_seconds()


def _range(options: argparse.Namespace) -> Range:
    now = datetime.now(timezone.utc)
    start, end = _time("--from", options.start, now), _time("--to", options.end, now)
    if options.interval and options.interval > _LONGEST_S:
        raise CommandError(
            "--interval: expected 1 to %d seconds, got %d" % (_LONGEST_S, options.interval), USAGE
        )
    how = "raw" if not options.interval else "sampled" if options.sample else "aggregated"
    return checked(Range(start, end, how, options.interval or 0, options.aggregation))


def _time(option: str, text: str, now: datetime) -> datetime:
    try:
        return when(text, now)
    except ValueError as error:
        raise CommandError("%s: %s" % (option, error), USAGE) from None


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (
        width.isdecimal()
        and height.isdecimal()
        and all(100 <= int(each) <= 10_000 for each in (width, height))
    ):
        raise CommandError("--size: expected WIDTHxHEIGHT of 100 to 10000 pixels, got %r" % text, USAGE)
    return int(width), int(height)


def _numeric(selected: list[Selected]) -> list[Selected]:
    """Leave out variables that have no average. Raises CommandError if none remains."""
    numeric = [each for each in selected if each.kind in (int, float, bool)]
    for each in selected:
        if each not in numeric:
            complain(
                "left out, because its values are not numbers: %s/%s (%s)"
                % (each.thing, each.name, each.type)
            )
    if not numeric:
        raise CommandError("none of these properties has numbers")
    return numeric
