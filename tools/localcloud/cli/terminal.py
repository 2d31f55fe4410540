"""What people see: tables and progress bars on a terminal; plain lines elsewhere, dumb terminals too."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO


def is_fancy(stream: TextIO) -> bool:
    """Return whether the stream is a terminal that knows control codes."""
    return stream.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")


def complain(text: str) -> None:
    """Write one line about what went wrong, or is worth knowing, on stderr."""
    print("local-cloud: %s" % text, file=sys.stderr, flush=True)


def tell(text: str) -> None:
    """Write a line on stdout, at once: whoever reads it no more is noticed here."""
    print(text, flush=True)


def tell_json(value: Any) -> None:
    """Write a value as one line of JSON on stdout."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def tell_row(cells: Iterable[object]) -> None:
    """Write one line on stdout, with tabs between the cells."""
    print("\t".join(_plain(cell) for cell in cells), flush=True)


def tell_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows on stdout: a table on a terminal, else a line with tabs for the columns and each row."""
    if is_fancy(sys.stdout):
        from rich.console import Console

        Console().print(table(columns, rows))
        return
    for row in [columns, *rows]:
        tell_row(row)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Any:
    """Return a table for rich."""
    from rich.markup import escape
    from rich.table import Table

    made = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        made.add_row(*(escape(_plain(cell)) for cell in row))
    return made


def _plain(cell: object) -> str:
    text = "" if cell is None else str(cell)
    # A name from the cloud must neither move the cursor nor make a second row.
    return "".join(character if character.isprintable() else " " for character in text)


@contextmanager
def progress(title: str, total: float | None = None) -> Iterator[Callable[[float], None]]:
    """Show a progress bar on stderr, on a terminal only: call what you get with each amount that is done."""
    if not is_fancy(sys.stderr):
        yield lambda amount: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = [TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(title, total=total)
        yield lambda amount: bars.advance(bar, amount)
