# Freeze MicroPython's own modules for this board, this package, and the board's board.py: see docs/boards.md.
# tools/firmware sets another `base` if micropython-lib, which the standard variant needs, is not at hand.
options.defaults(base="$(PORT_DIR)/variants/standard/manifest.py")
include(options.base)
include("../../manifest.py", board=True)
module("board.py", opt=3)
