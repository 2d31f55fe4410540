"""The source of a release: the checkout, its version, its packages."""

import ast
import json
import os
import subprocess
from pathlib import Path

from . import ReleaseError

EARLIEST, LATEST = 315532800, 4354819198  # 1980 to 2107


def client_version(root):
    """The client's version in the checkout at `root` (a Path). Raises ReleaseError if it has none."""
    for statement in ast.parse((root / "lib" / "arduino_iot_cloud" / "__init__.py").read_text()).body:
        if isinstance(statement, ast.Assign) and statement.targets[0].id == "__version__":
            return ast.literal_eval(statement.value)
    raise ReleaseError("arduino_iot_cloud/__init__.py has no __version__")


class Package:
    """A package.json of the checkout. `place`: its path there; `content`: its parsed content."""

    def __init__(self, root, path):
        self.place = path.relative_to(root)
        self.content = json.loads(path.read_text())
        self.folder = path.parent

    def files(self):
        """Yield (name on the board, path in the checkout) of each file; raises ReleaseError if one is missing."""
        for name, address in self.content["urls"]:
            source = self.folder / address
            if not source.is_file():
                raise ReleaseError("%s lists %s, which is missing: run tools/packages" % (self.place, address))
            yield name, source


class Checkout:
    """The files at `root` (a Path)."""

    def __init__(self, root):
        self.root = Path(root)
        self.version = client_version(self.root)
        self.packages = [Package(self.root, path) for path in self._package_files()]
        for package in self.packages:
            if package.content["version"] != self.version:
                found = (package.place, package.content["version"], self.version)
                raise ReleaseError("%s has version %s, the client %s" % found)

    def _package_files(self):
        return sorted(self.root.glob("package*.json")) + sorted(self.root.glob("boards/*/package.json"))

    def _git(self, *words):
        done = subprocess.run(["git", "-C", self.root, *words], capture_output=True, encoding="utf-8")
        return done.stdout.strip() if done.returncode == 0 else None

    def changes(self):
        """The uncommitted changes, as lines of git's short status; None outside a git checkout."""
        status = self._git("status", "--porcelain")
        return None if status is None else status.splitlines()

    def commit(self):
        """The commit's hash; None outside a git checkout."""
        return self._git("rev-parse", "HEAD")

    def time(self):
        """The Unix time for the archives: SOURCE_DATE_EPOCH, or the commit's, within the range of zip files."""
        text = os.environ.get("SOURCE_DATE_EPOCH") or self._git("log", "-1", "--format=%ct") or "0"
        if not text.isdecimal():
            raise ReleaseError("SOURCE_DATE_EPOCH must be a number of seconds since 1970, not %r" % text)
        return min(max(int(text), EARLIEST), LATEST)
