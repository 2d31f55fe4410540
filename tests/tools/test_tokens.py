"""A token goes only to the server it is for. Nothing here takes it along when that server redirects."""

import ast

from toolchain.paths import LIB, ROOT, TOOLS

# These follow redirects to any server, with all headers.
FOLLOW = {"urllib.request", "requests", "httpx", "aiohttp"}


def imported(tree):
    """Yield the names of all modules that a program imports, at its top or in functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module
            yield from ("%s.%s" % (node.module, alias.name) for alias in node.names)


def test_no_client_of_http_is_used_that_follows_redirects_to_anywhere():
    programs = [path for folder in (LIB, TOOLS, ROOT / "examples", ROOT / "boards") for path in folder.rglob("*.py")]
    assert len(programs) > 200
    found = {path.relative_to(ROOT).as_posix(): FOLLOW & set(imported(ast.parse(path.read_text()))) for path in programs}
    assert not {path: names for path, names in found.items() if names}
