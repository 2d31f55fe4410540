"""The former, flat layout of the packages, whose files a board may still have."""

from pathlib import Path

_LIST = Path(__file__).with_name("former_files.txt")


def files() -> dict[str, list[str]]:
    """Return the paths below lib of the former files, by the package that they belonged to ("package.json", …)."""
    found: dict[str, list[str]] = {}
    package = ""
    for line in _LIST.read_text("utf-8").splitlines():
        if line.startswith("["):
            package = line.strip("[]")
        elif line and not line.startswith("#"):
            found.setdefault(package, []).append(line)
    return found
