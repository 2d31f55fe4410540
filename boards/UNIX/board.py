"""MicroPython's unix port: a computer, whose system brings network and clock.

Facts from MicroPython 1.26.1; comments name the files.
"""

NAME = "UNIX"
MACHINE = "linux"  # ports/unix/mpconfigport.h; then follow the compiler and its version
PORT = "unix"
ARCH = ""  # that of the computer
NETWORK = None  # the system's own: nothing to switch on
LED = None
KEYS = "secrets"
ROMFS = False  # it reads such images (VfsRom) but has no flash for one
WATCHDOG_MS = None  # ports/unix/variants/mpconfigvariant_common.h: no machine.WDT


def deep_sleep(ms):
    """Wait, then end the program: what started it (systemd, a loop of the shell) starts it again, as a reset would."""
    from sys import exit
    from time import sleep

    if not isinstance(ms, int) or not 1 <= ms <= 2147483647000:  # seconds in 31 bits, about 68 years
        raise ValueError("deep_sleep: whole milliseconds from 1 to 2147483647000 expected, not %r" % (ms,))
    sleep(ms / 1000)
    exit()
