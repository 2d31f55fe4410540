# Freeze MicroPython's own modules for this board, this package, and the board's board.py: see docs/boards.md.
include("$(PORT_DIR)/boards/manifest.py")
include("../../manifest.py", board=True)
module("board.py", opt=3)
