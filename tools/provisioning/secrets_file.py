"""Change our names in a board's secrets.py, and leave everything else in it as its owner wrote it."""

import ast
from typing import Any

from localcloud.cli.exits import CommandError


def changed(text: str, values: dict[str, Any]) -> str:
    """Return the text of a secrets.py with these names set; None removes one.

    Raises CommandError if the text is not valid Python, or if a line with one of these names has other code too.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        raise CommandError("the board's secrets.py is not valid Python; move it away") from None
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
                raise CommandError("%s in the board's secrets.py shares a line; give it a separate line" % name)
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
