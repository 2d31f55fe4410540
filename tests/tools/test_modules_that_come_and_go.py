"""Modules that are unloaded after use: nothing that stays holds on to their names."""

import ast

from toolchain.paths import LIB, NOT_ON_BOARDS

PACKAGE = LIB / "arduino_iot_cloud"
MODULES = {path.stem: ast.parse(path.read_text()) for path in sorted(PACKAGE.glob("*.py"))}
# They are entered and unloaded together, the first standing on the second.
TOGETHER = {("upgrade", "http_head"), ("tls_trouble", "diagnosis")}
# Used only while the one that stays is being imported.
ONCE = {("roots", "certificates")}
# Counts itself in for good, since it stays: then WebSocket does not unload it.
HOLDS = {("http", "http_head"), ("http_response", "http_head")}


def _calls(tree, *names):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            if name.strip("_") in names:
                yield from (one.value for one in node.args if isinstance(one, ast.Constant))


def _of_package(statements):
    for node in statements:
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            yield from [node.module] if node.module else [alias.name for alias in node.names]


def _at_the_top(tree):
    # Imports that are executed with the module: also those under an `if`, not those in functions.
    found = []
    for node in tree.body:
        if isinstance(node, (ast.If, ast.Try)):
            found += _of_package(ast.walk(node))
        found += _of_package([node])
    return set(found)


def come_and_go():
    """The names of the modules that something unloads."""
    return {name for tree in MODULES.values() for name in _calls(tree, "forget", "spare") if name in MODULES}


def test_there_are_some():
    assert {"answers", "asking", "connecting", "diagnosis", "transport", "zone"} <= come_and_go()


def test_a_module_that_stays_imports_them_where_it_uses_them():
    gone = come_and_go()
    for name in MODULES.keys() - NOT_ON_BOARDS:
        for other in _at_the_top(MODULES[name]) & gone:
            assert (name, other) in TOGETHER | ONCE | HOLDS, "%s imports %s at its top, which is unloaded" % (name, other)


def test_who_awaits_inside_of_one_has_entered_it():
    # A coroutine function of such a module, called elsewhere: its caller enters the module.
    entered = {name for tree in MODULES.values() for name in _calls(tree, "enter")}
    for name in come_and_go():
        if any(isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(MODULES[name])):
            assert name in entered or name == "network_time", name  # which counts by itself


def test_each_says_who_loads_and_who_unloads_it():
    for name in come_and_go():
        words = ast.get_docstring(MODULES[name]).lower()
        assert "unload" in words or "let go" in words or "lets go" in words or "comes and go" in words, name
