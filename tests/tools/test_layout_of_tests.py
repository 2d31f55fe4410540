"""The modules that tests share are where tests/README.md says, and each has a unique name."""

import ast
import tomllib
from collections import defaultdict

from toolchain.paths import LIB, ROOT, SUPPORT, TOOLS

TESTS = ROOT / "tests"
SHARED = TESTS / "support"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
FOLDERS = [ROOT / name for name in SETTINGS["pythonpath"]]


def is_helper(path):
    """Return whether a file is neither a test nor a file that pytest itself looks for."""
    return not path.name.startswith("test_") and path.name != "conftest.py"


def helpers():
    """Return the modules below tests/ that a test imports by their plain names."""
    return [path for folder in FOLDERS if TESTS in folder.parents for path in folder.glob("*.py") if is_helper(path)]


def imported_by(path):
    """Return the top-level names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


def importers():
    """Return {name of a module: the files below tests/ and tools/ that import it}."""
    found = defaultdict(set)
    for path in [*TESTS.rglob("*.py"), *TOOLS.rglob("*.py")]:
        for name in imported_by(path):
            found[name].add(path)
    return found


def test_the_top_has_nothing_but_folders():
    files = {path.name for path in TESTS.iterdir() if not path.is_dir()}
    assert files == {"README.md", "conftest.py"}


def test_a_module_beside_tests_is_used_by_nobody_else():
    found = importers()
    assert len(found["processes"]) > 20
    strangers = {
        str(path.relative_to(TESTS)): users
        for path in helpers()
        if SHARED not in path.parents
        and (users := [str(user) for user in found[path.stem] if path.parent not in user.parents])
    }
    assert not strangers, "these belong into tests/support"


def test_a_shared_module_is_used_from_several_folders():
    found = importers()
    for path in helpers():
        rooms = {user.parent for user in found[path.stem]}
        if SHARED in path.parents and len(rooms) == 1:
            assert SHARED in next(iter(rooms)).parents, "%s belongs beside those that use it" % path.relative_to(TESTS)


def test_no_two_modules_have_one_name():
    places = defaultdict(list)
    for path in helpers() + list(LIB.glob("*")) + list(TOOLS.glob("*/__init__.py")):
        places[path.parent.name if path.stem == "__init__" else path.stem].append(str(path))
    assert not {name: found for name, found in places.items() if len(found) > 1}


def test_each_folder_of_modules_is_searched():
    folders = {path.parent for path in SHARED.rglob("*.py")}
    assert {folder for folder in folders if SHARED / "standins" not in folder.parents} <= set(FOLDERS)
    assert set(SUPPORT) <= set(FOLDERS)
    assert all(folder.is_dir() for folder in FOLDERS)
