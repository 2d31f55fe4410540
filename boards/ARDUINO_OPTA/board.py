"""Arduino Opta. Facts from MicroPython 1.26.1, ports/stm32/boards/ARDUINO_OPTA; comments name the files."""

NAME = "ARDUINO_OPTA"
MACHINE = "Arduino OPTA"  # mpconfigboard.h
PORT = "stm32"
ARCH = "armv7emdp"  # py/persistentcode.h, ports/stm32/stm32.mk
NETWORK = "ethernet+wifi"  # mpconfigboard.h: MICROPY_HW_ETH_...; mpconfigboard.mk
RADIO = "cyw43"  # mpconfigboard.mk, extmod/network_cyw43.c
LED = ("LED_BUILTIN", 0)  # pins.csv; level: mpconfigboard.h
KEYS = "files"
# Chip and bus: the variant OPTA of Arduino's own core (CRYPTO_WIRE), not in the tree. No hook for TLS.
SECURE_ELEMENT = ("atecc608", 0x60)
ROMFS = False  # not in mpconfigboard.h
USB = ((0x2341, 0x0564),)  # mpconfigboard.h
USB_BOOTLOADER = ((0x2341, 0x0364),)  # mpconfigboard.mk
WATCHDOG_MS = 32767  # ports/stm32/machine_wdt.c: 511 ms, 64-fold
