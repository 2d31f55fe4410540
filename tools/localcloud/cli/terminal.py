"""Output for people: tables and progress bars on a terminal, plain lines elsewhere and on dumb terminals."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO


def is_fancy(stream: TextIO) -> bool:
    """Return whether the stream is a terminal that understands control codes."""
    return stream.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")


def complain(text: str) -> None:
    """Write an error or a remark to stderr."""
    print("local-cloud: %s" % text, file=sys.stderr, flush=True)


def tell(text: str) -> None:
    """Write a line to stdout and flush it. Raises BrokenPipeError if its reader has closed it."""
    print(text, flush=True)


def tell_json(value: Any) -> None:
    """Write a value to stdout as one line of JSON."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def tell_row(cells: Iterable[object]) -> None:
    """Write one line to stdout, with tabs between the cells."""
    print("\t".join(_plain(cell) for cell in cells), flush=True)


def tell_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows to stdout: as a table on a terminal, otherwise as lines with tabs, column names first."""
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
    # A name from the cloud must not move the cursor or start another row.
    return "".join(character if character.isprintable() else " " for character in text)


@contextmanager
def progress(title: str, total: float | None = None) -> Iterator[Callable[[float], None]]:
    """Show a progress bar on stderr if that is a terminal. Yields a function that takes each amount done."""
    if not is_fancy(sys.stderr):
        yield lambda amount: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = [TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(title, total=total)
        yield lambda amount: bars.advance(bar, amount)
