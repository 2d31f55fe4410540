"""The command `tools/release`."""

import argparse
import sys
from pathlib import Path

from toolchain.paths import ROOT
from toolchain.report import ToolchainError

from . import DESCRIPTION, ReleaseError
from .building import build
from .checking import check
from .checkout import Checkout


def _arguments():
    parser = argparse.ArgumentParser(prog="tools/release", description="Make a release of the package, or check one.")
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="folder for the release (default: dist)")
    parser.add_argument(
        "--base-url",
        metavar="URL",
        help="URL of the release's folder, for absolute addresses in the package.json files, which MicroPython before "
        "1.25 needs",
    )
    parser.add_argument("--dirty", action="store_true", help="also release a tree with uncommitted changes")
    parser.add_argument("--check", metavar="DIR", type=Path, help="check the release in this folder")
    arguments = parser.parse_args()
    if arguments.base_url and not arguments.base_url.startswith(("http://", "https://")):
        parser.error("--base-url: expected http://… or https://…, got %r" % arguments.base_url)
    return arguments


def main():
    """Build or check a release; print a message and exit with code 1 on failure."""
    arguments = _arguments()
    folder = arguments.check
    try:
        if not folder:
            folder = build(Checkout(ROOT), arguments.output, arguments.base_url, arguments.dirty)
        about = check(folder)
    except (ReleaseError, ToolchainError, OSError) as error:
        sys.exit("release: %s" % error)
    print("%s: version %s, bytecode %d" % (folder, about["version"], about["bytecode"]))
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name != DESCRIPTION:
            print("  %-56s %9s" % (path.name, "{:,}".format(path.stat().st_size)))
    for package, size in about["bytes of each package"].items():
        print("  %-56s %9s" % ("mpy%d/%s" % (about["bytecode"], package), "{:,}".format(size)))


if __name__ == "__main__":
    main()
