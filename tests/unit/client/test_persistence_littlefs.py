"""Samples in the file systems of boards, on a block device that loses power in the middle of a write."""

import arduino_iot_cloud.property.file_store as file_store
import arduino_iot_cloud.renaming as renaming
import vfs
from block_devices import Device, formatted
from reports import Reports
from seeded import Seeded
from storage_rig import PowerCut, boot, do, states, steps, waiting

ONLY = ("micropython",)
TIMEOUT = 120
FILE = "/flash/t.history"


def mounted(kind, data, **cut):
    """Mount a device; earlier mounts are forgotten, as after a reset."""
    try:
        vfs.umount("/flash")
    except Exception:
        pass
    for name in ("open", "os"):
        file_store.__dict__.pop(name, None)
    import os

    file_store.os = renaming.os = os
    device = Device(data, **cut)
    vfs.mount(kind(device), "/flash")
    return device


def run_until_dead(device, program, size):
    """Like run_until_cut, although an error of littlefs may hide the one at the cut."""
    done = 0
    try:
        rig = boot(FILE, size)
        for step in program:
            do(rig, step)
            if device.dead:
                return done
            done += 1
    except PowerCut:
        return done
    return None


def test_littlefs_cut_at_every_write():
    for size, count, part in ((4, 40, 0), (4, 40, 20), (2, 40, 8), (20, 60, 100)):
        program = steps(Seeded(size), count, size)
        empty = bytes(formatted(vfs.VfsLfs2))
        device = mounted(vfs.VfsLfs2, bytearray(empty))
        expected = states(FILE, program, size)
        total = device.count
        assert total > count
        for writes in range(total + 1):
            data = bytearray(empty)
            device = mounted(vfs.VfsLfs2, data, writes=writes, part=part)
            with Reports():
                done = run_until_dead(device, program, size)
            mounted(vfs.VfsLfs2, bytearray(data))  # what the dead device's file writes later has no effect
            found = waiting(boot(FILE, size))
            if done is None:
                assert found == expected[-1], writes
            else:
                assert found in (expected[done], expected[done + 1]), (writes, done, found, expected[done : done + 2])


def test_fat_and_littlefs_of_both_kinds():
    for kind in (vfs.VfsFat, vfs.VfsLfs1, vfs.VfsLfs2):
        mounted(kind, formatted(kind, 200))
        rig = boot(FILE, 5).sync()
        received = []
        for value in range(60):
            do(rig, ("set", value))
            if value % 4 == 3:
                received += [one for _, one in rig.exchange(40)]
        expected = waiting(rig)
        assert received == sorted(received) and len(expected) > 1
        assert waiting(boot(FILE, 5)) == expected, kind
