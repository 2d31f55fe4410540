"""Build hooks: the wheel holds the page's libraries, which are not in git; a build leaves nothing behind."""

import atexit
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from setuptools import setup
from setuptools.command.build import build
from setuptools.command.build_py import build_py

_ROOT = Path(__file__).resolve().parent
_VENDOR = _ROOT / "tools" / "localcloud" / "page" / "vendor"
_SETUP = _ROOT / "tools" / "setup"


class BuildElsewhere(build):
    """build in a new folder: what an earlier one has left in build/ would be packed too."""

    def initialize_options(self):
        super().initialize_options()
        self.build_base = tempfile.mkdtemp()
        atexit.register(shutil.rmtree, self.build_base, ignore_errors=True)


class BuildWithPage(build_py):
    """build_py, after `tools/setup page` where the page's libraries are missing."""

    def run(self):
        if not (_VENDOR.is_dir() and any(_VENDOR.iterdir())):
            _fetch()
        super().run()


def _fetch():
    done = subprocess.run([sys.executable, str(_SETUP), "page"], stdout=sys.stderr)
    if done.returncode:
        sys.exit(
            "The libraries of the dashboard page are not in %s, and fetching them failed (see above)."
            " `tools/setup page` fetches them where node and npm are installed." % _VENDOR
        )


setup(cmdclass={"build": BuildElsewhere, "build_py": BuildWithPage})
