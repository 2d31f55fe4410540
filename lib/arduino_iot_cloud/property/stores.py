"""Where the samples of a `history.History` survive a reset: in a file, or on an ESP32 in its NVS.

`register("t", history=100, store="t.history")` keeps them in a file of that name, in any file system;
`store="nvs:t"` in the NVS namespace `t` of an ESP32, for which about 150 samples of a number are the
most that the usual partition holds. Each variable has a store of its own. An object with the methods
`load`, `add` and `remove` of these classes will do, too.

Every change is one record with a checksum, and counts once the last byte of it is there: a power cut
leaves the samples from before or from after it. Where storing fails (the flash is full), that is reported
once, and the samples stay in memory.
"""


def open_store(where: str):
    """The store of a path, or of "nvs:" and a namespace."""
    if where.startswith("nvs:"):
        from .nvs_store import NVSStore

        return NVSStore(where[4:])
    from .file_store import FileStore

    return FileStore(where)
