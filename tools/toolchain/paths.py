"""Where things are: the checkout and its cache folder; and what of it is not for boards."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
PINNED = TOOLS / "toolchain" / "pinned"
LIB = ROOT / "lib"
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

NOT_ON_BOARDS = {"cpython", "hsm", "keyfiles", "sync_cpython"}  # modules of arduino_iot_cloud for CPython alone
