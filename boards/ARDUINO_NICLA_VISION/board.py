"""Arduino Nicla Vision.

Facts from MicroPython 1.26.1, ports/stm32/boards/ARDUINO_NICLA_VISION; comments name the files.
"""

NAME = "ARDUINO_NICLA_VISION"
MACHINE = "Arduino Nicla Vision"  # mpconfigboard.h
PORT = "stm32"
ARCH = "armv7emdp"  # py/persistentcode.h, ports/stm32/stm32.mk
NETWORK = "wifi"  # mpconfigboard.mk
RADIO = "cyw43"  # mpconfigboard.mk, extmod/network_cyw43.c
LED = ("LED_GREEN", 0)  # pins.csv; level: mpconfigboard.h
KEYS = "files"
SECURE_ELEMENT = ("se05x", 0x48)  # manifest.py freezes its driver; mpconfigboard.mk lets TLS sign with it
ROMFS = True  # mpconfigboard.h, stm32h747.ld: 4 MiB
USB = ((0x2341, 0x055F),)  # mpconfigboard.h
USB_BOOTLOADER = ((0x2341, 0x035F), (0x2341, 0x035B))  # mpconfigboard.mk, and deploy.md
WATCHDOG_MS = 32767  # ports/stm32/machine_wdt.c: 511 ms, 64-fold
