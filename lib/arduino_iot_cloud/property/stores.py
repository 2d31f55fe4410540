"""Stores in which the samples of a `history.History` survive a reset: a file, or the NVS of an ESP32.

`register("t", history=100, store="t.history")` keeps them in a file of that name, in any file system;
`store="nvs:t"` keeps them in the NVS namespace `t` of an ESP32, whose usual partition holds about 150
samples of a number. Each variable needs its own store. It may also be an object with the methods
`load`, `add` and `remove` of these classes.

Every change is one record with a checksum, and counts once its last byte is stored: after a power failure
the store has the samples from before the change or from after it. If storing fails, because the flash is
full, say, that is logged once, and the samples stay in memory.
"""


def open_store(where: str):
    """Return the store for a path, or for "nvs:" and a namespace."""
    if where.startswith("nvs:"):
        from .nvs_store import NVSStore

        return NVSStore(where[4:])
    from .file_store import FileStore

    return FileStore(where)
