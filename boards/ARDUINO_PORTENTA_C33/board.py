"""Arduino Portenta C33.

Facts from MicroPython 1.26.1, ports/renesas-ra/boards/ARDUINO_PORTENTA_C33; comments name the files.
"""

NAME = "ARDUINO_PORTENTA_C33"
MACHINE = "Arduino Portenta C33"  # mpconfigboard.h
PORT = "renesas-ra"
ARCH = "armv7emsp"  # py/persistentcode.h, ports/renesas-ra/Makefile
NETWORK = "wifi"  # mpconfigboard.mk; its Ethernet has no driver in the port
RADIO = "esp-hosted"  # mpconfigboard.mk, extmod/network_esp_hosted.c
LED = ("LED_GREEN", 0)  # pins.csv; level: mpconfigboard.h
KEYS = "files"
# Chip and pins: the variant PORTENTA_C33 of Arduino's own core, not in the tree. No driver frozen, no hook for TLS.
SECURE_ELEMENT = ("se05x", 0x48)
ROMFS = False  # not in mpconfigboard.h
USB = ((0x2341, 0x0468),)  # mpconfigboard.h
USB_BOOTLOADER = ((0x2341, 0x0368),)  # deploy.md
WATCHDOG_MS = None  # the port has no machine.WDT
