"""Keys in the file systems of boards, on a block device that loses power in the middle of a write."""

import os

import vfs
from arduino_cloud_board.key_store import KeyCorrupted
from arduino_cloud_board.keys.files import FileKeys
from arduino_cloud_board.settings import Settings
from block_devices import BLOCK, Device, formatted
from key_rig import after, check, content, do, real_files, states, steps
from portable_assert import raises
from seeded import Seeded
from storage_rig import PowerCut

ONLY = ("micropython",)
TIMEOUT = 120
PARTS = (0, 20, 511)  # bytes of the last write that are still written
NAMES = ("a", "b", "c_2")


def mounted(kind, data, **cut):
    """A store in /flash/keys of a device with this content; earlier mounts are forgotten, as after a reset."""
    real_files()
    try:
        vfs.umount("/flash")
    except Exception:
        pass
    device = Device(data, **cut)
    vfs.mount(kind(device), "/flash")
    return device, FileKeys("/flash/keys")


def run_until_dead(device, store, program):
    """Like run_until_cut, although an error of the file system may hide the one at the cut."""
    done = 0
    try:
        for step in program:
            do(store, step)
            if device.dead:
                return done
            done += 1
    except (PowerCut, OSError):
        assert device.dead
        return done
    return None


def cut_at_every_write(kind, parts, empty, program, before):
    """Cut the power at every write; yields (the device's content, what the store then has)."""
    expected = [before]
    for step in program:
        expected.append(after(expected[-1], step))
    device, store = mounted(kind, bytearray(empty))
    assert run_until_dead(device, store, program) is None
    for writes in range(device.count):
        for part in parts:
            data = bytearray(empty)
            device, store = mounted(kind, data, writes=writes, part=part)
            done = run_until_dead(device, store, program)
            data = bytearray(data)  # what the dead device's file writes later has no effect
            _, store = mounted(kind, data)
            yield data, check(store, expected[done : done + 2] if done is not None else expected[-1:])


def test_every_file_system_keeps_keys():
    for kind in (vfs.VfsFat, vfs.VfsLfs1, vfs.VfsLfs2):
        data = formatted(kind)
        program = steps(Seeded(5), 60, longest=900)
        for step, expected in zip(program, states(program)[1:]):
            do(mounted(kind, data)[1], step)
            assert content(mounted(kind, data)[1]) == expected, (kind, step)


def test_littlefs_cut_at_every_write():
    program = steps(Seeded(3), 14, longest=700)
    count = 0
    for data, found in cut_at_every_write(vfs.VfsLfs2, PARTS, bytes(formatted(vfs.VfsLfs2)), program, {}):
        for step in (("a", b"new"), ("c_2", b"x" * 600), ("b", None)):
            do(mounted(vfs.VfsLfs2, data)[1], step)
            found = after(found, step)
            assert content(mounted(vfs.VfsLfs2, data)[1]) == found
        count += 1
    assert count > 100


def test_fat_cut_between_its_writes():
    # Here a sector is written whole or not at all: FAT itself has no defence against half a sector.
    program = steps(Seeded(3), 14, longest=700)
    count = 0
    for data, found in cut_at_every_write(vfs.VfsFat, (0,), bytes(formatted(vfs.VfsFat)), program, {}):
        for step in (("a", b"new"), ("c_2", b"x" * 600), ("b", None)):
            do(mounted(vfs.VfsFat, data)[1], step)
            found = after(found, step)
            assert content(mounted(vfs.VfsFat, data)[1]) == found
        count += 1
    assert count > 50


def test_fat_cut_twice():
    start = formatted(vfs.VfsFat)
    for name in ("b",) + tuple(["n%d" % i for i in range(20)]):
        do(mounted(vfs.VfsFat, start)[1], (name, name.encode() * 100))
    before = content(mounted(vfs.VfsFat, start)[1])
    first = [("b", b"2" * 700), ("n3", None), ("x", b"x")]
    second = [("b", b"3" * 700), ("y", b"y" * 600)]
    for data, found in cut_at_every_write(vfs.VfsFat, (0,), bytes(start), first, before):
        for again, last in cut_at_every_write(vfs.VfsFat, (0,), bytes(data), second, found):
            assert content(mounted(vfs.VfsFat, again)[1]) == last


def test_a_damaged_sector_is_noticed():
    for kind in (vfs.VfsFat, vfs.VfsLfs2):
        data = formatted(kind)
        for name in ("a", "b"):
            do(mounted(kind, data)[1], (name, name.encode() * 2000))
        at = data.find(b"a" * 50)
        data[at + 20] ^= 1
        store = mounted(kind, data)[1]
        assert raises(KeyCorrupted, store.load, "a").name == "a"
        assert store.load("b") == b"b" * 2000 and store.names() == ["a", "b"]


def files_in(folder):
    """{name: content} of a folder."""
    found = {}
    for entry in os.ilistdir(folder):
        with open(folder + "/" + entry[0], "rb") as file:
            found[entry[0]] = file.read()
    return found


def test_a_full_file_system_keeps_the_old_device_and_no_rest():
    for kind in (vfs.VfsLfs2, vfs.VfsFat):
        refused = stored = 0
        for spare in range(13):
            for key in ("new key", "n" * 600, "n" * 1700):
                _, store = mounted(kind, formatted(kind))
                kept = Settings(store)
                kept.set_cloud({"server": "10.0.0.1"}, b"r" * 600)
                kept.set_device("old", "old key")
                fill("/flash/rest", spare)
                before = files_in("/flash/keys")
                try:
                    kept.set_device("new", key, cloud={"server": "10.0.0.2"}, root=b"R" * 700)
                except OSError as error:
                    assert error.args[0] in (28, 13), error  # FAT says 13 if its directory cannot grow
                    assert files_in("/flash/keys") == before, (kind, spare, len(key))
                    refused += 1
                else:
                    assert kept.client_arguments()["password"] == key
                    assert sorted(files_in("/flash/keys")) == sorted(before)
                    stored += 1
        assert refused > 3 and stored > 3, (kind, refused, stored)


def fill(path, spare):
    """Write a file that leaves about so many blocks."""
    count = os.statvfs("/flash")[3] - spare
    try:
        with open(path, "wb") as file:
            for _ in range(count):
                file.write(bytes(BLOCK))
                file.flush()
    except OSError as error:
        assert error.args[0] == 28
