"""Arduino Portenta H7.

Facts from MicroPython 1.26.1, ports/stm32/boards/ARDUINO_PORTENTA_H7; comments name the files.
"""

NAME = "ARDUINO_PORTENTA_H7"
MACHINE = "Arduino Portenta H7"  # mpconfigboard.h
PORT = "stm32"
ARCH = "armv7emdp"  # py/persistentcode.h, ports/stm32/stm32.mk
NETWORK = "wifi+ethernet"  # mpconfigboard.mk; mpconfigboard.h: MICROPY_HW_ETH_...
RADIO = "cyw43"  # mpconfigboard.mk, extmod/network_cyw43.c
LED = ("LED_GREEN", 0)  # pins.csv; level: mpconfigboard.h
KEYS = "files"
# manifest.py freezes its driver; mpconfigboard.mk lets TLS sign with it. Some boards carry an ATECC608 (0x60) instead.
SECURE_ELEMENT = ("se05x", 0x48)
ROMFS = True  # mpconfigboard.h, stm32h747.ld: 4 MiB
USB = ((0x2341, 0x055B),)  # mpconfigboard.h
USB_BOOTLOADER = ((0x2341, 0x035B),)  # mpconfigboard.mk
WATCHDOG_MS = 32767  # ports/stm32/machine_wdt.c: 511 ms, 64-fold
