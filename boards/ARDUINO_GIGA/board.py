"""Arduino GIGA R1 WiFi. Facts from MicroPython 1.26.1, ports/stm32/boards/ARDUINO_GIGA; comments name the files."""

NAME = "ARDUINO_GIGA"
MACHINE = "Arduino GIGA R1 WiFi"  # mpconfigboard.h
PORT = "stm32"
ARCH = "armv7emdp"  # py/persistentcode.h, ports/stm32/stm32.mk
NETWORK = "wifi"  # mpconfigboard.mk
RADIO = "cyw43"  # mpconfigboard.mk, extmod/network_cyw43.c
LED = ("LED_GREEN", 0)  # pins.csv; level: mpconfigboard.h
KEYS = "files"
ROMFS = True  # mpconfigboard.h, stm32h747.ld: 4 MiB
USB = ((0x2341, 0x0566),)  # mpconfigboard.h
USB_BOOTLOADER = ((0x2341, 0x0366), (0x2341, 0x035B))  # mpconfigboard.mk, and deploy.md
WATCHDOG_MS = 32767  # ports/stm32/machine_wdt.c: 511 ms, 64-fold
