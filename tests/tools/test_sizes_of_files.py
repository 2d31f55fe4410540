"""Files of code stay below 400 lines, and functions below a screen."""

import ast

import pytest
from toolchain.paths import ROOT

LINES = 400
SCREEN = 60
LONGER = {"mqtt.py:packet": 72}  # on a board, taken apart it would cost memory in every connection

CODE = [
    path
    for folder in ("lib", "tools", "tests", "examples", "boards")
    for kind in ("*.py", "*.pyi", "*.js", "*.css")
    for path in (ROOT / folder).rglob(kind)
    if not {"vendor", "node_modules", "__pycache__"} & set(path.parts)
]


def test_files_of_code_stay_below_400_lines():
    assert len(CODE) > 500
    found = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in CODE}
    assert {path: lines for path, lines in found.items() if lines >= LINES} == {}


@pytest.mark.parametrize("folder", ["lib", "tools"])
def test_functions_stay_below_a_screen(folder):
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                limit = LONGER.get("%s:%s" % (path.name, node.name), SCREEN)
                assert node.end_lineno - node.lineno < limit, "%s: %s" % (path.relative_to(ROOT), node.name)
