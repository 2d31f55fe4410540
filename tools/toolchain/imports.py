"""Find out which module imports which from their source, including imports in functions."""

import ast

from .paths import module_name


def sources(root, *folders):
    """Return {"package.module": path} for the modules in folders of `root`. An `__init__` has its folder's name."""
    found = {}
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            found[module_name(path.relative_to(root))] = path
    return found


def imports_of(root, *folders, top_only=False):
    """Return {module: the modules among them that it imports}, with `top_only` without imports in functions.

    Imports from the `__init__` of a folder that contains the module do not count, because that is loaded first.
    """
    modules = sources(root, *folders)
    found = {}
    for name, path in modules.items():
        tree = ast.parse(path.read_text(), str(path))
        targets = set()
        for node in _executed(tree) if top_only else ast.walk(tree):
            targets.update(_targets(node, name, path.stem == "__init__"))
        found[name] = {_module(target, modules) for target in targets} - {None, name}
        found[name] -= {one for one in found[name] if name.startswith(one + ".")}
    return found


def _executed(tree):
    # The statements that run when the module is imported.
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def _targets(node, name, is_folder):
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = [node.module] if node.module else []
        if node.level:
            parts = name.split(".")
            base = parts[: len(parts) - node.level + is_folder] + base
        yield from (".".join(base + [alias.name]) for alias in node.names)


def _module(target, modules):
    # "package.module.name" is in "package.module".
    while target and target not in modules:
        target = target.rpartition(".")[0]
    return target or None


def circles(graph):
    """Return the groups of modules that import each other in circles, each sorted."""
    reach = {}
    for start in graph:
        seen = set()
        waiting = [start]
        while waiting:
            for one in graph[waiting.pop()] - seen:
                seen.add(one)
                waiting.append(one)
        reach[start] = seen
    # Of one in a circle, the others in it are those that it reaches and that reach it.
    groups = {tuple(sorted(two for two in reach[one] if one in reach[two])) for one in graph if one in reach[one]}
    return sorted(groups)
