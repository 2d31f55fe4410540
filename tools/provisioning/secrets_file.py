"""Change our names in a board's secrets.py, and leave every other byte in it as its owner wrote it."""

import ast
import re
from typing import Any

from localcloud.cli.exits import CommandError

from . import source

_WHERE = "the board's secrets.py"


def changed(data: bytes, values: dict[str, Any]) -> bytes:
    """Return the bytes of a secrets.py with these names set; None removes one.

    Raises CommandError if they are not valid Python, or if one of these names is not set in a line of its own.
    """
    tree = _tree(data)
    lines = re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", data)  # as Python counts them, unlike splitlines
    missing = {name: value for name, value in values.items() if value is not None}
    ours = [(at, node, _name(node)) for at, node in enumerate(tree.body) if _name(node) in values]
    _check_alone(tree, set(values), [node for _, node, _ in ours])
    for at, node, name in reversed(ours):
        for other in tree.body[max(at - 1, 0) : at + 2]:
            if other is not node and other.lineno <= _end(node) and _end(other) >= node.lineno:
                raise CommandError("%s in %s shares a line; give it a separate line" % (name, _WHERE))
        new = [_line(name, values[name])] if name in missing else []
        lines[node.lineno - 1 : _end(node)] = new
        missing.pop(name, None)
    if missing and lines and not lines[-1].endswith((b"\r", b"\n")):
        lines[-1] += b"\n"
    lines.extend(_line(*item) for item in missing.items())
    return b"".join(lines)


def constants(data: bytes) -> dict[str, Any]:
    """Return the plain values in a secrets.py by their names.

    Raises CommandError for NETWORKS that only the board can work out, since they would be lost.
    """
    found = {}
    for node in _tree(data).body:
        name = _name(node)
        try:
            found[name] = ast.literal_eval(node.value) if name else None  # type: ignore[attr-defined]
        except (ValueError, TypeError):
            if name == "NETWORKS":
                raise CommandError("NETWORKS in %s is no plain list; change it there" % _WHERE) from None
    return found


def _tree(data: bytes) -> ast.Module:
    if data.startswith(b"\xef\xbb\xbf"):
        raise CommandError(
            "%s begins with a byte order mark, so MicroPython cannot read it; save it as UTF-8 without" % _WHERE
        )
    try:
        return source.parsed(data)
    except SyntaxError as error:
        raise CommandError("%s is not valid Python in line %d; move it away" % (_WHERE, error.lineno or 1)) from None


def _check_alone(tree: ast.Module, names: set[str], ours: list[ast.stmt]) -> None:
    # A name that is also set in an `if` or in a tuple would stay as it was, and count.
    waiting: list[ast.AST] = [each for each in tree.body if each not in ours]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in names:
            raise CommandError(
                "%s in %s, line %d, is not set by a plain NAME = value; make it one" % (node.id, _WHERE, node.lineno)
            )
        # These have names of their own.
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))


def _line(name: str, value: Any) -> bytes:
    return ("%s = %r\n" % (name, value)).encode()


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _name(node: ast.stmt) -> str:
    target: ast.expr | None = None
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        target = node.target
    return target.id if isinstance(target, ast.Name) else ""
