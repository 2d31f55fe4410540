"""Modules that are unloaded after use. No module that stays may keep references to them."""

import ast

from toolchain.imports import imports_of
from toolchain.paths import LIB, NOT_ON_BOARDS, modules

MODULES = {name: ast.parse(path.read_text()) for name, path in modules("arduino_iot_cloud").items()}
# Pairs that are entered and unloaded together. The first imports the second.
TOGETHER = {
    ("websocket.upgrade", "http.head"), ("diagnosis.tls", "diagnosis"), ("keys.pkcs11", "keys"),
    ("loop.leftovers", "interruption"),
}  # fmt: skip
# The first stays and is counted as a user of the second forever, so that WebSocket does not unload that.
HOLDS = {("http.client", "http.head"), ("http.response", "http.head")}


def _calls(tree, *names):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            # `port.forget` itself, or the method of a session or driver that calls it
            name = ast.unparse(node.func)
            if name in names or name in ("self.forget", "self._forget") and "forget" in names:
                yield from (one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _named(names):
    """Yield the modules that `port.forget` would unload for these names."""
    for name in names:
        if isinstance(name, str) and name.endswith("."):
            yield from (one for one in MODULES if one.startswith(name))
        elif name in MODULES:
            yield name


def _at_the_top(name):
    """Return the package's modules that a module imports when it is loaded, under an `if` too but not in functions."""
    found = imports_of(LIB, "arduino_iot_cloud", top_only=True)["arduino_iot_cloud" + ("." + name if name else "")]
    return {one.removeprefix("arduino_iot_cloud.") for one in found}


def come_and_go():
    """Return the names of all modules that are unloaded somewhere."""
    return {one for tree in MODULES.values() for one in _named(_calls(tree, "forget"))}


def test_there_are_some():
    gone = come_and_go()
    assert {"session.answers", "session.asking", "session.zone", "loop.connecting", "diagnosis", "transport"} <= gone


def test_what_is_unloaded_exists():
    for name, tree in MODULES.items():
        for one in _calls(tree, "forget", "inside"):
            if one != "bundled_roots":  # exists only in frozen code
                assert list(_named([one])), "%s names %s" % (name, one)


def test_a_module_that_stays_imports_them_where_it_uses_them():
    gone = come_and_go()
    for name in MODULES.keys() - NOT_ON_BOARDS:
        for other in _at_the_top(name) & gone:
            assert (name, other) in TOGETHER | HOLDS, "%s imports %s at its top, which is unloaded" % (name, other)


def test_who_awaits_inside_of_one_has_entered_it():
    # Whoever calls a coroutine function of such a module enters the module.
    entered = {one for tree in MODULES.values() for one in _named(_calls(tree, "inside"))}
    for name in come_and_go():
        if any(isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(MODULES[name])):
            assert name in entered or name == "network_time", name  # it counts its users itself


def test_each_says_who_loads_and_who_unloads_it():
    for name in come_and_go():
        words = ast.get_docstring(MODULES[name]).lower()
        assert "unload" in words, name
