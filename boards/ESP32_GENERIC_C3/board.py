"""Modules and boards with an ESP32-C3. Facts from MicroPython 1.26.1; comments name the files."""

NAME = "ESP32_GENERIC_C3"
MACHINE = "ESP32C3 module"  # without "Generic": ports/esp32/boards/ESP32_GENERIC_C3/mpconfigboard.h
PORT = "esp32"
ARCH = "rv32imc"  # py/persistentcode.h
NETWORK = "wifi"
RADIO = "esp32"  # ports/esp32/network_wlan.c
LED = None  # depends on the module: no pins.csv
KEYS = "nvs"  # ports/esp32/esp32_nvs.c
ROMFS = False  # no romfs in ports/esp32/partitions-4MiBplus.csv
USB = ((0x303A, 0x1001),)  # the chip's own serial/JTAG unit, fixed in its hardware; not in MicroPython's tree
WATCHDOG_MS = 60000  # this package's choice: ports/esp32/machine_wdt.c has no limit
