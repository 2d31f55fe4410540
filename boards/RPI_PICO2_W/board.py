"""Raspberry Pi Pico 2 W. Facts from MicroPython 1.26.1, ports/rp2/boards/RPI_PICO2_W; comments name the files."""

NAME = "RPI_PICO2_W"
MACHINE = "Raspberry Pi Pico 2 W"  # mpconfigboard.h
PORT = "rp2"
ARCH = "armv7emsp"  # py/persistentcode.h; rv32imc with the firmware of the variant RISCV
NETWORK = "wifi"
RADIO = "cyw43"  # mpconfigboard.cmake, extmod/network_cyw43.c
LED = ("LED", 1)  # pin: pins.csv (it hangs on the radio); level: the board's datasheet, not in the tree
KEYS = "files"
ROMFS = False  # ports/rp2/mpconfigport.h: MICROPY_HW_ROMFS_BYTES is 0
USB = ((0x2E8A, 0x0005),)  # ports/rp2/mpconfigport.h, as all boards of the port
WATCHDOG_MS = 8388  # ports/rp2/machine_wdt.c
