"""Read and check YAML files (JSON is YAML too).

Complaints name the file, the line, the key, and what was expected and found.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import plain_text
from .exits import USAGE, CommandError

Check = Callable[[Any], str | None]
"""Returns None for a good value, otherwise a description of what is expected."""


@dataclass
class Document:
    """A file that has been read. It collects complaints until `finish`."""

    path: Path
    root: Any
    secret: bool = False  # complaints do not show its values
    complaints: list[tuple[int, str]] = field(default_factory=list)

    def complain(self, holder: Any, key: Any, where: str, expected: str, given: Any) -> None:
        """Add a complaint about `holder[key]`, or about the holder if `key` is None. `where` is its name."""
        given = type(given).__name__ if self.secret and given is not None else _shown(given)
        text = "%s: expected %s, got %s" % (where or "the file", expected, given)
        self.complaints.append((line_of(holder, key), text))

    def finish(self) -> None:
        """Raise CommandError with all complaints, if there are any."""
        if self.complaints:
            lines = ("%s:%d: %s" % (self.path, line, text) for line, text in sorted(set(self.complaints)))
            raise CommandError(
                "\n".join(("nothing was done, because the file has mistakes", *lines)), USAGE
            )


def read(path: Path, *, secret: bool = False) -> Document:
    """Read a file. If it is secret, complaints do not show its values. Raises CommandError."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    content = plain_text.of_file(path)
    try:
        return Document(path, YAML(typ="rt", pure=True).load(content), secret)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = " ".join(str(error.problem or error.context).split())
        raise CommandError("%s:%d: not YAML: %s" % (path, line, problem), USAGE) from None
    except (YAMLError, ValueError) as error:
        raise CommandError("%s:1: not YAML: %s" % (path, " ".join(str(error).split())), USAGE) from None


def line_of(holder: Any, key: Any = None) -> int:
    """Return the line number (from 1) of a member or element, or of the holder itself."""
    marks = getattr(holder, "lc", None)
    if marks is None:
        return 1
    if key is not None and marks.data and key in marks.data:
        return marks.data[key][0] + 1
    return marks.line + 1


def mapping(
    document: Document, holder: Any, where: str, checks: dict[str, Check], required: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the members that pass their checks. Complain about the others, and about missing ones."""
    if not isinstance(holder, dict):
        document.complain(holder, None, where, "a mapping of %s" % ", ".join(checks), holder)
        return {}
    prefix = where + "." if where else ""
    good = {}
    for key, value in holder.items():
        if key not in checks:
            document.complain(
                holder, key, prefix + str(key), "one of the keys %s" % ", ".join(checks), str(key)
            )
            continue
        expected = checks[key](value)
        if expected:
            document.complain(holder, key, prefix + key, expected, value)
        else:
            good[key] = value
    for key in required:
        if key not in holder:
            document.complain(holder, None, prefix + key, checks[key](None) or "a value", None)
    return good


def elements(document: Document, holder: dict[str, Any], key: str, where: str) -> list[tuple[Any, str]]:
    """Return the elements of the list `holder[key]`, each with its name; none if the key is absent."""
    value = holder.get(key) if isinstance(holder, dict) else None
    if value is None:
        return []
    where = "%s.%s" % (where, key) if where else key
    if not isinstance(value, list):
        document.complain(holder, key, where, "a list", value)
        return []
    return [(each, "%s[%d]" % (where, number)) for number, each in enumerate(value)]


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def anything(value: Any) -> str | None:
    """Accept any value: it is checked elsewhere."""
    return None


def text(longest: int, pattern: str = r"[^\x00-\x1f\x7f-\x9f]+", means: str = "text") -> Check:
    """Check for a text of 1 to `longest` characters that the pattern matches completely."""
    expected = "%s of 1 to %d characters" % (means, longest)

    def check(value: Any) -> str | None:
        good = isinstance(value, str) and 0 < len(value) <= longest and re.fullmatch(pattern, value)
        return None if good else expected

    return check


def one_of(*choices: str) -> Check:
    """Check for one of the choices."""
    return lambda value: (
        None if isinstance(value, str) and value in choices else "one of " + ", ".join(choices)
    )


def whole(least: int, most: int) -> Check:
    """Check for an integer from `least` to `most`."""

    def check(value: Any) -> str | None:
        good = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return None if good else "a whole number from %d to %d" % (least, most)

    return check


def number(value: Any) -> str | None:
    """Check for a number."""
    return None if isinstance(value, (int, float)) and not isinstance(value, bool) else "a number"


def flag(value: Any) -> str | None:
    """Check for true or false."""
    return None if isinstance(value, bool) else "true or false"


def plain(value: Any) -> Any:
    """Return a value of a document with only the types that `json` has."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        kind = next(kind for kind in (str, int, float) if isinstance(value, kind))
        return kind(value)
    return value
