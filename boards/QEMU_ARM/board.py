"""QEMU's MPS2 AN385, a Cortex-M3, for tests. Facts from MicroPython 1.26.1, ports/qemu; comments name the files."""

NAME = "QEMU_ARM"
MACHINE = "mps2-an385"  # Makefile, boards/MPS2_AN385/mpconfigboard.mk
PORT = "qemu"
ARCH = "armv7m"  # boards/MPS2_AN385/mpconfigboard.mk
NETWORK = None
LED = None
KEYS = "secrets"  # its file system ends with the emulator
ROMFS = False  # mpconfigport.h: it reads such images (VfsRom) but has no flash for one
WATCHDOG_MS = None  # mpconfigport.h: no machine.WDT
