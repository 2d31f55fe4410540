"""The stores for a board's keys, certificates and settings: one interface for flash, files and secure chips.

    keys = open("nvs:arduino")
    keys.store("secret_key", b"...")
    keys.load("secret_key")

| open(...) | |
|---|---|
| `"nvs:NAMESPACE"` | the NVS of an ESP32 (`keys.nvs`) |
| `"files:/FOLDER"` | files, in any file system (`keys.files`) |
| `"se05x"` | the chip of Nicla Vision and Portenta (`keys.se05x`): its private key stays inside |
| `"atecc608"` | the chip of Nano RP2040 Connect and Opta (`keys.atecc608`): its private key stays inside |
| `"secrets"` | the module `secrets.py`, read-only (`keys.secrets`) |

Names are 1 to 15 characters of a-z, 0-9 and _. Neither an error nor a `repr` shows anything that a store keeps.
"""

# For programs
from .keys import (
    LARGEST as LARGEST,
    Key as Key,
    KeyCorrupted as KeyCorrupted,
    KeyNotFound as KeyNotFound,
    KeyStore as KeyStore,
)


def open(where: str) -> "KeyStore":
    """The store that `where` names: see above. Raises ValueError for any other `where`, OSError if this board has no
    such store."""
    kind, _, rest = where.partition(":") if isinstance(where, str) else ("", "", "")
    if kind == "files" and rest:
        from .keys.files import FileKeys

        return FileKeys(rest)
    if kind == "nvs" and rest:
        from .keys.nvs import NVSKeys

        return NVSKeys(rest)
    if where == "secrets":
        from .keys.secrets import SecretsKeys

        return SecretsKeys()
    if where == "se05x":
        from .keys.se05x import SE05XKeys

        return SE05XKeys()
    if where == "atecc608":
        from .keys.atecc608 import ATECC608Keys

        return ATECC608Keys()
    raise ValueError("where: nvs:NAMESPACE, files:/FOLDER, se05x, atecc608 or secrets expected, not %r" % (where,))


def __getattr__(name):
    # Only a board with a chip needs it.
    if name == "ChipError":
        from .chips import ChipError

        return ChipError
    raise AttributeError(name)
