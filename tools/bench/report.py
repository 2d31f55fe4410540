"""Tables for a person, JSON for a program."""

import json
import sys


def print_figures(title, columns, rows, notes=()):
    """Print rows of (text, figure, ...) under the columns' names; None leaves a cell empty."""
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
