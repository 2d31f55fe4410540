"""Arduino Nano RP2040 Connect.

Facts from MicroPython 1.26.1, ports/rp2/boards/ARDUINO_NANO_RP2040_CONNECT; comments name the files.
"""

NAME = "ARDUINO_NANO_RP2040_CONNECT"
MACHINE = "Arduino Nano RP2040 Connect"  # mpconfigboard.h
PORT = "rp2"
ARCH = "armv6m"  # py/persistentcode.h
NETWORK = "wifi"
RADIO = "nina"  # mpconfigboard.cmake, extmod/network_ninaw10.c
LED = ("LED", 1)  # pin: pins.csv; level: Arduino's "blink", not in the tree
KEYS = "files"
# Features in board.json name a secure element; chip and address: Arduino's library ArduinoECCX08. No hook for TLS.
SECURE_ELEMENT = ("atecc608", 0x60)
ROMFS = False  # ports/rp2/mpconfigport.h: MICROPY_HW_ROMFS_BYTES is 0
USB = ((0x2341, 0x025E),)  # mpconfigboard.h
WATCHDOG_MS = 8388  # ports/rp2/machine_wdt.c
