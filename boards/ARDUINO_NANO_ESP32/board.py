"""Arduino Nano ESP32. Facts from MicroPython 1.26.1, ports/esp32/boards/ARDUINO_NANO_ESP32; comments name the files."""

NAME = "ARDUINO_NANO_ESP32"
MACHINE = "Arduino Nano ESP32"  # mpconfigboard.h
PORT = "esp32"
ARCH = "xtensawin"  # py/persistentcode.h
NETWORK = "wifi"
RADIO = "esp32"  # ports/esp32/network_wlan.c
# Pin: pins.csv; level: board_init.c. LED_BUILTIN (GPIO48) is another one, whose level is not in the tree.
LED = ("LED_GREEN", 0)
KEYS = "nvs"  # ports/esp32/esp32_nvs.c
ROMFS = False  # no romfs in partitions-app3M_fat9M_fact512k_16MiB.csv
USB = ((0x2341, 0x056B),)  # sdkconfig.board
USB_BOOTLOADER = ((0x2341, 0x0070),)  # deploy.md
WATCHDOG_MS = 60000  # this package's choice: ports/esp32/machine_wdt.c has no limit
