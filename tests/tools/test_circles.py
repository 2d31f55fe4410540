"""No modules of lib/ or tools/ import each other in a circle, neither at their top nor in functions."""

import pytest
from toolchain.imports import circles, imports_of
from toolchain.paths import LIB, ROOT, TOOLS

PLACES = {
    "lib": (LIB, sorted(path.name for path in LIB.iterdir() if path.is_dir())),
    "tools": (TOOLS, sorted(path.name for path in TOOLS.iterdir() if path.is_dir())),
}


@pytest.mark.parametrize("place", PLACES)
def test_there_is_no_circle_of_imports(place):
    root, folders = PLACES[place]
    graph = imports_of(root, *folders)
    assert sum(map(len, graph.values())) > 100, "the imports of %s were not found" % root.relative_to(ROOT)
    assert circles(graph) == []


def test_a_circle_is_found_at_the_top_and_in_functions_but_not_to_the_folder_above(tmp_path):
    for name, text in (
        ("p/__init__.py", "def f():\n    from .b import g\n"),
        ("p/a.py", "from .b import g\n"),
        ("p/b.py", "from . import f\n\ndef g():\n    from p import c\n"),
        ("p/c.py", "import p.a\n"),
        ("p/q/__init__.py", "from .d import h\n"),
        ("p/q/d.py", "from . import i\nfrom ..a import g\n"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert circles(imports_of(tmp_path, "p")) == [("p.a", "p.b", "p.c")]
