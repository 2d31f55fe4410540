# This package and asyncio (the port freezes nothing), and what is particular to the board.
include("../../manifest.py", board=True)
module("board.py", opt=3)
module("_boot.py", opt=3)
