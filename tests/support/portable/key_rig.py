"""Key stores on files and flash that lose power: programs of stores and deletions, and their states."""

import arduino_cloud_board.keys.files as key_files
import arduino_iot_cloud.renaming as renaming
from arduino_cloud_board.key_store import KeyNotFound
from storage_rig import Files, PowerCut

FOLDER = "files:/keys"


class KeyFiles(Files):
    """Stands for `open` and `os` of `keys.files`: see Files."""

    def __init__(self, at_close=False, replaces=True):
        super().__init__(at_close, replaces)
        self.folders = ["/keys"]
        key_files.open = self.open
        key_files.os = renaming.os = self

    def stat(self, name):
        return (0,) * 10 if name in self.folders else super().stat(name)

    def mkdir(self, name):
        self.folders.append(name)

    def listdir(self, folder):
        if folder not in self.folders:
            raise OSError(2)
        return [name[len(folder) + 1 :] for name in self.content if name.startswith(folder + "/")]

    def remove(self, name):
        if name not in self.content:
            raise OSError(2)
        super().remove(name)


def real_files():
    """Give `keys.files` the interpreter's own `open` and `os` again."""
    import os

    key_files.__dict__.pop("open", None)
    key_files.os = renaming.os = os


def steps(seeded, count, names=("a", "b", "c_2"), longest=60):
    """Random steps: (name, the new data or None for a deletion)."""
    made = []
    for _ in range(count):
        name = seeded.choice(names)
        made.append((name, seeded.bytes(1 + seeded.below(longest)) if seeded.below(5) else None))
    return made


def do(store, step):
    """Do one step."""
    name, data = step
    if data is not None:
        store.store(name, data)
    elif name in store.names():
        store.delete(name)


def content(store):
    """{name: data} of everything in a store."""
    return dict([(name, store.load(name)) for name in store.names()])


def after(state, step):
    """The content after a step."""
    state = dict(state)
    if step[1] is None:
        state.pop(step[0], None)
    else:
        state[step[0]] = step[1]
    return state


def states(program):
    """The content before the first step and after each."""
    found = [{}]
    for step in program:
        found.append(after(found[-1], step))
    return found


def run_until_cut(make, program):
    """`make()` a store and do the steps until the power fails: how many were done, None if it did not fail."""
    done = 0
    try:
        store = make()
        for step in program:
            do(store, step)
            done += 1
    except PowerCut:
        return done
    return None


def check(store, expected, names=("a", "b", "c_2")):
    """Insist on one of the expected contents, and on KeyNotFound for each name without data."""
    found = content(store)
    assert found in expected, (found, expected)
    for name in names:
        if name not in found:
            try:
                store.load(name)
                raise AssertionError("%s is there, but not listed" % name)
            except KeyNotFound as error:
                assert error.name == name
    return found
