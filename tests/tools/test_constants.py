"""A constant that modules share is defined in each of them, because that costs no memory on a board."""

import ast

import pytest
from arduino_iot_cloud.session.commands import find
from toolchain.paths import modules

PACKAGES = ("arduino_iot_cloud", "arduino_cloud_api")
STANDING = {"_OWN": 1, "_SENT": 2, "_EXCHANGED": 4, "_FIRST": 8}  # the bits of a property's `standing`


def numbers(tree):
    """Yield (name, number) for each `_NAME = const(NUMBER)` of a module."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "const":
            value = node.value.args[0]
            if isinstance(value, ast.Constant) and isinstance(value.value, (int, float)):
                yield node.targets[0].id, value.value


def tags(tree):
    """Yield (command, tag) for each constant of a module that is an encoded tag or the number of an `_UPDATE`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "const":
            value = node.value.args[0]
            name = node.targets[0].id
            if isinstance(value, ast.Constant) and (name.endswith("_UPDATE") or str(value.value).startswith("b'\\xda")):
                tag = value.value if isinstance(value.value, int) else int.from_bytes(value.value[1:], "big")
                yield name.title().replace("_", ""), tag


def trees(package):
    """Return {name: syntax tree} of a package's modules."""
    return {name: ast.parse(path.read_text()) for name, path in modules(package).items()}


@pytest.mark.parametrize("package", PACKAGES)
def test_one_name_is_one_number_in_all_modules(package):
    found = {}
    for module, tree in trees(package).items():
        for name, value in numbers(tree):
            found.setdefault(name, {})[module] = value
    assert found
    assert not {name: where for name, where in found.items() if len(set(where.values())) > 1}


def test_the_standing_of_a_property_has_a_name_for_each_bit_wherever_it_is_looked_at():
    looked_at = 0
    for module, tree in trees("arduino_iot_cloud").items():
        named = dict(numbers(tree))
        for node in ast.walk(tree):
            if isinstance(node, (ast.BinOp, ast.AugAssign)) and "standing" in ast.unparse(node):
                looked_at += 1
                literals = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
                names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and one.id.isupper()}
                assert not literals and names, "%s: %s" % (module, ast.unparse(node))
                for name in names:
                    assert named[name] == STANDING[name], "%s: %s" % (module, name)
    assert looked_at > 10


def test_a_command_has_the_tag_of_the_table_wherever_that_stands():
    found = [pair for tree in trees("arduino_iot_cloud").values() for pair in tags(tree)]
    assert len(found) == 5
    for command, tag in found:
        assert int(find(command)[1], 16) == tag, command
