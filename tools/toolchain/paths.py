"""Where things are: the checkout and its cache folder; and what of it is not for boards."""

from pathlib import Path

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

# Modules of arduino_iot_cloud for CPython alone
NOT_ON_BOARDS = {"cpython", "hsm", "keys.pkcs11", "pem_files", "sync.cpython"}


def modules(package: str) -> dict:
    """The modules of a package in lib/: their files by their names in it, as "session.answers"; "" is the package."""
    folder = LIB / package
    paths = {path.relative_to(folder).with_suffix(""): path for path in sorted(folder.rglob("*.py"))}
    return {".".join(path.parts).removesuffix("__init__").rstrip("."): paths[path] for path in paths}


def is_alias(path: Path) -> bool:
    """Whether a module is only an import path that programs know, and all that it has lies in another one."""
    return path.read_text().startswith('"""The import path that programs know.')
