"""Tables of values as files. Rows are written as they come, and the file appears when it is complete."""

import csv
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..pending_file import pending
from .query import Points, Selected

COLUMNS = ("time", "thing", "property", "value")


class CSVTable:
    """CSV with a header; "-" is stdout. Objects are JSON, times are UTC, no value is an empty field."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._opened = ExitStack()

    def __enter__(self) -> "CSVTable":
        with ExitStack() as opened:
            file = sys.stdout
            if self._path != "-":
                temporary = opened.enter_context(pending(Path(self._path)))
                file = opened.enter_context(open(temporary, "w", encoding="utf-8", newline=""))
            self._writer = csv.writer(file, lineterminator="\n")
            self._writer.writerow(COLUMNS)
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._opened.__exit__(*error)

    def write(self, variable: Selected, points: Points) -> None:
        """Add rows."""
        for time, value in points:
            self._writer.writerow((_iso(time), variable.thing, variable.name, as_text(value)))


class ParquetTable:
    """Parquet with time, thing, property, value (numbers; booleans as 1 and 0) and text (all other values).

    Parquet is written by columns, so the rows are collected in a database file beside it first.
    """

    _TABLE = "CREATE TABLE rows (time TIMESTAMPTZ, thing TEXT, property TEXT, value DOUBLE, text TEXT)"
    _INSERT = "INSERT INTO rows SELECT unnest(?::TIMESTAMPTZ[]), ?, ?, unnest(?::DOUBLE[]), unnest(?::TEXT[])"
    # DuckDB must not download extensions.
    _OPTIONS: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": "256MB",
        "threads": 1,
        "autoinstall_known_extensions": False,
    }

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened = ExitStack()

    def __enter__(self) -> "ParquetTable":
        import duckdb

        with ExitStack() as opened:
            self._temporary = opened.enter_context(pending(self._path))
            prefix = ".%s." % self._path.name
            self._folder = opened.enter_context(
                tempfile.TemporaryDirectory(dir=self._path.parent, prefix=prefix)
            )
            rows = duckdb.connect(os.path.join(self._folder, "rows"), config=self._OPTIONS)
            self._rows = opened.enter_context(rows)
            self._rows.execute(self._TABLE)
            self._opened = opened.pop_all()
        return self

    def __exit__(self, kind: Any, *error: Any) -> None:
        with self._opened:
            if kind is None:
                copy = os.path.join(self._folder, "copy")
                self._rows.table("rows").write_parquet(copy, compression="zstd")
                os.replace(copy, self._temporary)
            else:
                self._opened.pop_all().__exit__(kind, *error)

    def write(self, variable: Selected, points: Points) -> None:
        """Add rows."""
        numbers = [float(value) if isinstance(value, (int, float)) else None for _, value in points]
        texts = [
            None if number is not None else as_text(value)
            for number, (_, value) in zip(numbers, points, strict=True)
        ]
        times = [time for time, _ in points]
        self._rows.execute(self._INSERT, [times, variable.thing, variable.name, numbers, texts])


def _iso(time: Any) -> str:
    return time.replace(tzinfo=None).isoformat() + "Z"


def as_text(value: Any) -> str:
    """Return a value as a field of CSV: texts unchanged, objects as JSON, "" for None."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
