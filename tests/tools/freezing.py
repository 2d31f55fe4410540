"""Find out what manifest.py freezes, by standing in for MicroPython's build."""

import contextlib


class _Options:
    def __init__(self, given):
        self.__dict__.update(given)

    def defaults(self, **values):
        for name in values:
            self.__dict__.setdefault(name, values[name])


def frozen(root, **options):
    """Run a checkout's manifest.py. Return ({name on the board: its source}, names of the packages it requires)."""
    found, required = {}, []

    def package(folder, files, base_path, opt):
        assert opt == 3
        for file in files:
            name = "%s/%s" % (folder, file)
            assert name not in found
            found[name] = root / base_path / name
            assert found[name].is_file()

    def include(manifest):
        assert manifest == "$(MPY_DIR)/extmod/asyncio"  # MicroPython's own

    names = {"options": _Options(options), "include": include, "package": package, "require": required.append}
    with contextlib.chdir(root):
        exec(compile((root / "manifest.py").read_text(), "manifest.py", "exec"), names)
    return found, required
