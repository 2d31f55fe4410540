"""Modules and boards with an ESP32. Facts from MicroPython 1.26.1; comments name the files."""

NAME = "ESP32_GENERIC"
MACHINE = "Generic ESP32 module"  # ports/esp32/boards/ESP32_GENERIC/mpconfigboard.h
PORT = "esp32"
ARCH = "xtensawin"  # py/persistentcode.h
NETWORK = "wifi"  # Ethernet depends on the module's wiring: docs/boards.md
RADIO = "esp32"  # ports/esp32/network_wlan.c
LED = None  # depends on the module: no pins.csv
KEYS = "nvs"  # ports/esp32/esp32_nvs.c
ROMFS = False  # no romfs in ports/esp32/partitions-4MiBplus.csv
USB = ()  # a serial chip of the module's maker
WATCHDOG_MS = 60000  # this package's choice: ports/esp32/machine_wdt.c has no limit
