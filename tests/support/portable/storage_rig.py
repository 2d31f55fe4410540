"""A file system and an NVS that lose their power, and a history that is stored there."""

import sys

import arduino_iot_cloud.property.file_store as file_store
import arduino_iot_cloud.renaming as renaming
from arduino_iot_cloud.property import ArduinoCloudObject
from policy_rig import ClientRig


class PowerCut(Exception):
    """The power is gone, and nothing more is done."""


class Supply:
    """The power fails after `units` of work; None: never. `used` counts them."""

    units = None
    used = 0

    def take(self):
        if self.units is not None:
            if self.units <= 0:
                raise PowerCut()
            self.units -= 1
        self.used += 1


class _File:
    def __init__(self, files, name, mode):
        self.files = files
        self.name = name
        self.pos = 0
        self.wrote = None
        if mode == "rb":
            if name not in files.content:
                raise OSError(2)
            return
        if mode == "wb" or name not in files.content:
            files.supply.take()
            files.content[name] = b""
        self.wrote = files.content[name]

    def read(self, n):
        data = self.files.content[self.name][self.pos : self.pos + n]
        self.pos += n
        return data

    def seek(self, offset, whence=0):
        self.pos = offset + (len(self.files.content[self.name]) if whence == 2 else 0)
        return self.pos

    def write(self, data):
        for i in range(len(data)):
            if self.files.full:
                raise OSError(28)
            self.files.supply.take()
            self.wrote += data[i : i + 1]
            if not self.files.at_close:
                self.files.content[self.name] = self.wrote
        return len(data)

    def flush(self):
        if self.wrote is not None:
            self.files.supply.take()
            self.files.content[self.name] = self.wrote

    def __enter__(self):
        return self

    def __exit__(self, kind, *error):
        if kind is None:
            self.flush()


class Files:
    """Replaces `open` and `os` in `file_store` and `renaming`.

    Each byte written, and each other change, takes a unit of `supply`.

    at_close   written bytes are visible only after a flush, as in littlefs; otherwise one by one
    replaces   rename replaces an existing file; otherwise it refuses, as with some FAT
    full       no more bytes fit
    """

    def __init__(self, at_close=False, replaces=True):
        self.supply = Supply()
        self.content = {}
        self.at_close = at_close
        self.replaces = replaces
        self.full = False
        file_store.open = self.open
        file_store.os = renaming.os = self

    def open(self, name, mode):
        return _File(self, name, mode)

    def stat(self, name):
        if name not in self.content:
            raise OSError(2)
        return (0,) * 6 + (len(self.content[name]), 0, 0, 0)

    def rename(self, old, new):
        if new in self.content and not self.replaces:
            raise OSError(17)
        self.supply.take()
        self.content[new] = self.content.pop(old)

    def remove(self, name):
        self.supply.take()
        del self.content[name]


class Flash:
    """Replaces `esp32.NVS`. Each change takes a unit. Uncommitted changes are lost with the power, unless `keeps`.

    full   no more blobs fit
    room   entries of 32 bytes; a blob takes two and its data, and a new one is written before the old one is erased
    """

    room = None

    def __init__(self, keeps=False):
        self.supply = Supply()
        self.keeps = keeps
        self.spaces = {}
        self.full = False
        self.NVS = self._open
        sys.modules["esp32"] = self

    def _open(self, namespace):
        return _Namespace(self, self.spaces.setdefault(namespace, {}))


class _Namespace:
    def __init__(self, flash, blobs):
        self.flash = flash
        self.blobs = blobs
        self.pending = dict(blobs)

    def _change(self):
        self.flash.supply.take()
        if self.flash.keeps:
            self.commit(0)

    def set_blob(self, key, data):
        assert len(key) <= 15
        if self.flash.full or self.flash.room is not None and self._used(data) > self.flash.room:
            raise OSError(-4357, "ESP_ERR_NVS_NOT_ENOUGH_SPACE")
        self._change()
        self.pending[key] = bytes(data)
        if self.flash.keeps:
            self.commit(0)

    def _used(self, data):
        return sum([2 + (len(blob) + 31) // 32 for blob in list(self.pending.values()) + [data]])

    def get_blob(self, key, buffer):
        if key not in self.pending:
            raise OSError(-4354)
        data = self.pending[key]
        if len(data) > len(buffer):
            raise OSError(-4364)
        buffer[: len(data)] = data
        return len(data)

    def erase_key(self, key):
        if key not in self.pending:
            raise OSError(-4354)
        self._change()
        del self.pending[key]
        if self.flash.keeps:
            self.commit(0)

    def commit(self, units=1):
        if units:
            self.flash.supply.take()
        self.blobs.clear()
        self.blobs.update(self.pending)


def boot(store, size=4, make=None, **arguments):
    """Start a program: return a rig whose variable `a` has a history in `store`."""
    p = make() if make else ArduinoCloudObject("a", history=size, store=store)
    rig = ClientRig(p, **arguments)
    rig.connect()
    rig.ring = p.policy
    return rig


def waiting(rig):
    """Return the waiting samples as [(value, time)]."""
    return list(rig.ring)


def acknowledge(rig, size=1024):
    """Publish one packet, which is acknowledged."""
    rig.exchange(size)


def steps(seeded, count, size):
    """Return random steps of a program: ("set", value) or ("ack", size of a packet)."""
    made = []
    for i in range(count):
        if seeded.below(3):
            made.append(("set", i))
        else:
            made.append(("ack", 30 + seeded.below(20 * size)))
    return made


def do(rig, step):
    """Do a step, a second later."""
    rig.wait(1000)
    if step[0] == "set":
        rig.client["a"] = step[1]
    else:
        acknowledge(rig, step[1])


def states(store, program, size):
    """Return the samples before the first and after each step of a program that nothing interrupts."""
    rig = boot(store, size)
    found = [waiting(rig)]
    for step in program:
        do(rig, step)
        found.append(waiting(rig))
    return found


def run_until_cut(store, program, size):
    """Boot and do the steps until the power fails. Return how many were done, None if it did not fail."""
    done = 0
    try:
        rig = boot(store, size)
        for step in program:
            do(rig, step)
            done += 1
    except PowerCut:
        return done
    return None
