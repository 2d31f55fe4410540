"""secrets.py of a board: our names in it are set, everything else in it stays as its owner wrote it."""

import ast
from typing import Any

from localcloud.cli.exits import CommandError


def changed(text: str, values: dict[str, Any]) -> str:
    """Return the text of a secrets.py with these names set; None removes one.

    Raises CommandError for no Python, and for one of these names in a line that has something else too.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        raise CommandError("the board's secrets.py is no Python; move it away") from None
    lines = text.split("\n")  # as Python counts them, unlike splitlines
    if not lines[-1]:
        lines.pop()
    missing = {name: value for name, value in values.items() if value is not None}
    for at, node in reversed(list(enumerate(tree.body))):
        name = _name(node)
        if name not in values:
            continue
        for other in tree.body[max(at - 1, 0) : at + 2]:
            if other is not node and other.lineno <= _end(node) and _end(other) >= node.lineno:
                raise CommandError("%s in the board's secrets.py: give it a line of its own" % name)
        new = ["%s = %r" % (name, values[name])] if name in missing else []
        lines[node.lineno - 1 : _end(node)] = new
        missing.pop(name, None)
    lines.extend("%s = %r" % item for item in missing.items())
    return "\n".join(lines) + "\n"


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _name(node: ast.stmt) -> str | None:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return None
