"""Build hook: the wheel holds the page's libraries, which are not in git, so they are fetched first where missing."""

import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

_ROOT = Path(__file__).resolve().parent
_VENDOR = _ROOT / "tools" / "localcloud" / "page" / "vendor"
_SETUP = _ROOT / "tools" / "setup"


class BuildWithPage(build_py):
    """build_py, after `tools/setup page`."""

    def run(self):
        if not (_VENDOR.is_dir() and any(_VENDOR.iterdir())):
            _fetch()
        super().run()


def _fetch():
    done = subprocess.run([sys.executable, str(_SETUP), "page"], stdout=sys.stderr)
    if done.returncode:
        sys.exit(
            "The dashboard page's libraries are not in %s, and fetching them failed (see above)."
            " Where node and npm are installed, `tools/setup page` fetches them." % _VENDOR
        )


setup(cmdclass={"build_py": BuildWithPage})
