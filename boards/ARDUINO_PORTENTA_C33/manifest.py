# What MicroPython freezes for this board, this package, and what is particular to the board: see docs/boards.md.
include("$(PORT_DIR)/boards/ARDUINO_PORTENTA_C33/manifest.py")
include("../../manifest.py", board=True)
module("board.py", opt=3)
