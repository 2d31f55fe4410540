"""MicroPython's unix port: a computer. Its system brings network and clock; it has no pins and no key store."""

MACHINE = "linux"  # how sys.implementation._machine begins
NETWORK = None  # the system's own: nothing to switch on
LED = None
KEYS = "secrets.py"
