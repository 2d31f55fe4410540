"""The paths of the checkout and its cache folder, and the modules that are not for boards."""

from pathlib import Path, PurePath

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
PINNED = TOOLS / "toolchain" / "pinned"
LIB = ROOT / "lib"
# What tools share with tests
SUPPORT = [ROOT / "tests" / "support" / name for name in ("cloud", "network", "programs")]
CACHE = ROOT / ".cache"
BIN = CACHE / "bin"
VENV = CACHE / "venv"
VENV_PYTHON = VENV / "bin" / "python"
PEER_VENV = CACHE / "peer-venv"
PEER_PYTHON = PEER_VENV / "bin" / "python"
PEERS = CACHE / "peers"
NPM = CACHE / "npm"
PAGE_LIBRARIES = TOOLS / "localcloud" / "page" / "vendor"
MICROPYTHON64 = BIN / "micropython64"
MICROPYTHON32 = BIN / "micropython32"
MOSQUITTO = BIN / "mosquitto"
CHROMIUM = BIN / "chromium"
POSTGRES = BIN / "postgres"
INITDB = BIN / "initdb"
SOFTHSM_UTIL = BIN / "softhsm2-util"
PKCS11_TOOL = BIN / "pkcs11-tool"

# Modules of arduino_iot_cloud that only CPython uses
NOT_ON_BOARDS = {"cpython", "hsm", "keys.pkcs11", "pem_files", "sync.cpython"}


def module_name(path: "str | PurePath") -> str:
    """The name of the module in a file: "session.answers" of session/answers.py, "session" of session/__init__.py."""
    parts = PurePath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(package: str) -> dict:
    """The files of a package in lib/ by their module names, such as "session.answers"; "" is the package itself."""
    folder = LIB / package
    return {module_name(path.relative_to(folder)): path for path in sorted(folder.rglob("*.py"))}


def is_alias(path: Path) -> bool:
    """Whether a module is only an import path for programs, and its code is in another module."""
    return path.read_text().startswith('"""The import path for programs.')
