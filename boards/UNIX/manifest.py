# What MicroPython freezes for this board, this package, and what is particular to the board: see docs/boards.md.
# Another `base` where micropython-lib is not at hand, which the standard variant needs: tools/firmware.
options.defaults(base="$(PORT_DIR)/variants/standard/manifest.py")
include(options.base)
include("../../manifest.py", board=True)
module("board.py", opt=3)
