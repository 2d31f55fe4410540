# For MicroPython: what a board's firmware has but the unix port lacks: a file system in flash, main.py at the start,
# and the raw REPL (MicroPython's documentation: "The MicroPython interactive mode", raw REPL and raw-paste mode).
#     serial_firmware.py main|raw FLASH BLOCKS ROMFS_KB UNIQUE_ID MACHINE MOUNT CHANGES settings|modules
import os
import sys
from gc import collect
from time import sleep

import vfs

mode, flash, blocks, romfs_kb, unique_id, machine_text, root, changes, changes_of = sys.argv[1:10]
RESET, RESET_RAW = 75, 76
BLOCK = 4096


class Flash:
    """A block device in a file on the host."""

    def __init__(self, path, count):
        self.count = count
        try:
            self.file = open(path, "r+b")
        except OSError:
            self.file = open(path, "w+b")

    def readblocks(self, n, buf, offset=0):
        self.file.seek(n * BLOCK + offset)
        got = self.file.readinto(buf)
        for i in range(got, len(buf)):
            buf[i] = 0xFF

    def writeblocks(self, n, buf, offset=0):
        self.file.seek(n * BLOCK + offset)
        self.file.write(buf)

    def ioctl(self, op, arg):
        if op == 3:
            self.file.flush()
        if op == 4:
            return self.count
        if op == 5:
            return BLOCK
        return 0


class Vfs:
    """The module vfs with a ROMFS partition, which this port lacks. Its content is a file on the host."""

    def __init__(self, path, size):
        self.path = path
        try:
            with open(path, "rb") as file:
                self.rom = bytearray(file.read())
        except OSError:
            self.rom = bytearray(b"\xff" * size)

    def __getattr__(self, name):
        return getattr(vfs, name)

    def rom_ioctl(self, op, *args):
        if op == 1:
            return 1
        if op == 2:
            return memoryview(self.rom)
        if op == 3:
            return 8
        if op == 4:
            at, data = args[1], args[2]
            self.rom[at : at + len(data)] = data
            return 0
        if op == 5:
            with vfs_posix_open(self.path, "wb") as file:
                file.write(self.rom)
            return 0
        if op == 6:
            return BLOCK
        return -22


class Os:
    """The module os of a board whose power fails after so many changes of keys and settings in files, or of modules."""

    def __init__(self, changes, of):
        self.left = changes
        self.of = of

    def __getattr__(self, name):
        return getattr(os, name)

    def mkdir(self, path):
        os.mkdir(path)
        self.changed(path)

    def rename(self, old, new):
        os.rename(old, new)
        self.changed(new)

    def remove(self, path):
        os.remove(path)
        self.changed(path)

    def changed(self, path):
        if not ("/lib/" in path if self.of == "modules" else "/keys/" in path or path.startswith("nvs.")):
            return
        self.left -= 1
        if not self.left:
            stdout.write(b"\x10")  # to the harness, which switches it off
            while True:
                sleep(1)


posix = vfs.VfsPosix("/")


def vfs_posix_open(path, mode):
    return posix.open(path, mode)


device = Flash(flash, int(blocks))
partition = Vfs(flash + ".rom", int(romfs_kb) * 1024) if int(romfs_kb) else None
vfs.umount("/")
lib = root.rstrip("/") + "/lib"
try:
    vfs.mount(device, root)
except OSError:
    vfs.VfsLfs2.mkfs(device)
    vfs.mount(device, root)
    os.mkdir(lib)
os.chdir(root)
sys.path[:] = ["", ".frozen"] + ([root] if root != "/" else []) + [lib]
sys.argv[:] = []
if partition:
    if bytes(partition.rom[:3]) == b"\xd2\xcd\x31":
        vfs.mount(vfs.VfsRom(partition.rom), "/rom")
        sys.path.extend(("/rom", "/rom/lib"))
    sys.modules["vfs"] = partition
if int(changes):
    sys.modules["os"] = Os(int(changes), changes_of)
if unique_id:
    import machine

    class Machine:
        def __init__(self):
            self.unique_id = lambda: bytes.fromhex(unique_id)

        def __getattr__(self, name):
            if name == "reset":
                return lambda: sys.exit(RESET)
            if name in ("I2C", "Pin"):  # of a board with a bus: what a test has put there
                return getattr(__import__("board_bus"), name)
            return getattr(machine, name)

    sys.modules["machine"] = Machine()

if machine_text:
    from collections import namedtuple

    class System:
        """The module sys of another board: only its description of the machine differs."""

        def __init__(self, real):
            self.real = real
            kind = namedtuple("implementation", ("name", "version", "_machine", "_mpy"))
            self.implementation = kind("micropython", real.implementation.version, machine_text, real.implementation._mpy)

        def __getattr__(self, name):
            return getattr(self.real, name)

    sys.modules["sys"] = System(sys)
stdin = sys.stdin.buffer
stdout = sys.stdout.buffer


def write(data):
    stdout.write(data)


def receive():
    byte = stdin.read(1)
    if not byte:
        sys.exit(0)
    return byte


def read_paste():
    # Raw-paste mode: window of 128 bytes.
    write(b"R\x01\x80\x00\x01")
    code = bytearray()
    n = 0
    while True:
        byte = receive()
        if byte == b"\x04":
            write(b"\x04")
            return code
        if byte == b"\x03":
            write(b"\x04")
            return None
        code.extend(byte)
        n += 1
        if n == 128:
            n = 0
            write(b"\x01")


def execute(code, name="<stdin>", words=b"\x0e"):
    # Words to the harness, which keeps them to itself: Ctrl-C interrupts from here on, and from here on no longer.
    failure = None
    try:
        write(words)
        exec(compile(bytes(code).decode(), name, "exec"), main_names)
    except SystemExit as error:
        if error.args and error.args[0] == RESET:
            raise
    except BaseException as error:
        collect()  # which unlocks the heap, where Ctrl-C has come in the middle of a collection
        failure = error
    try:
        write(b"\x0f")
    except KeyboardInterrupt as error:
        failure = error
    return failure


def execute_raw(code):
    failure = execute(code)
    write(b"\x04")
    if failure:
        sys.print_exception(failure)
    write(b"\x04")


def raw():
    write(b"raw REPL; CTRL-B to exit\r\n>")
    line = bytearray()
    while True:
        byte = receive()
        if byte == b"\x01":
            line = bytearray()
            write(b"raw REPL; CTRL-B to exit\r\n>")
        elif byte == b"\x02":
            return
        elif byte == b"\x03":
            line = bytearray()
        elif byte == b"\x05" and not line:
            if receive() == b"A" and receive() == b"\x01":
                code = read_paste()
                if code is not None:
                    execute_raw(code)
                write(b">")
        elif byte == b"\x04":
            if not line:
                write(b"OK\r\nMPY: soft reboot\r\n")
                sys.exit(RESET_RAW)
            write(b"OK")
            execute_raw(line)
            line = bytearray()
            write(b">")
        else:
            line.extend(byte)


def friendly():
    write(b"\r\nMicroPython on a test; \r\n>>> ")
    while True:
        byte = receive()
        if byte == b"\x01":
            raw()
            write(b"\r\nMicroPython on a test; \r\n>>> ")
        elif byte == b"\x04":
            write(b"\r\nMPY: soft reboot\r\n")
            sys.exit(RESET)
        elif byte in b"\r\n\x03":
            write(b"\r\n>>> ")


def listen(how):
    while True:
        try:
            return how()
        except KeyboardInterrupt:  # just after the end of what was to be interrupted
            pass


def start(name):
    try:
        with open(name) as file:
            program = file.read()
    except OSError:
        program = ""
    failure = execute(program.encode(), name, b"\x0e" + LISTENS)
    if failure:
        sys.print_exception(failure)


main_names = {"__name__": "__main__"}
LISTENS = b"\x06"
start("boot.py")
if mode == "raw":
    listen(raw)
else:
    start("main.py")
listen(friendly)
