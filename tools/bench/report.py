"""Print figures as tables for people, or as JSON for programs."""

import argparse
import json
import sys


def print_figures(title, columns, rows, notes=()):
    """Print rows of (text, figure, …) under the columns' names. None becomes "-"."""
    table = [[""] + list(columns)] + [[cell if isinstance(cell, str) else _text(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    print(title)
    for row in table:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print(("  " + "   ".join(cells)).rstrip())
    for note in notes:
        print("  " + note)


def _text(figure):
    if figure is None:
        return "-"
    if isinstance(figure, int):
        return "{:,}".format(figure)
    return "{:,.{}f}".format(figure, 0 if figure >= 100 else 1 if figure >= 10 else 2)


def print_json(figures):
    """Print one JSON object."""
    json.dump(figures, sys.stdout, indent=2)
    print()


def command(doc, measure, show, options=()):
    """Run a command whose module's docstring begins with its name, like `tools/bench/idle: what a device costs …`.

    `options` are (flag, default, text). `measure` is called with their values. `show` prints what it returns for
    people; --json prints it for programs.
    """
    prog = doc.partition(":")[0]
    parser = argparse.ArgumentParser(prog=prog, description=doc.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    for flag, default, text in options:
        parser.add_argument(flag, type=type(default), default=default, metavar="N", help=text + " (%(default)s)")
    as_json, *given = vars(parser.parse_args()).values()
    try:
        figures = measure(*given)
    except (RuntimeError, AssertionError) as error:
        sys.exit("%s: %s" % (prog.rpartition("/")[2], error))
    (print_json if as_json else show)(figures)
