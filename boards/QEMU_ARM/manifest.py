# This package, what of MicroPython it needs (the port freezes nothing), and what is particular to the board.
include("$(MPY_DIR)/extmod/asyncio")
include("../../manifest.py", board=True)
module("board.py", opt=3)
