# Freeze this package with asyncio (the port freezes nothing), and the board's own files.
include("../../manifest.py", board=True)
module("board.py", opt=3)
module("_boot.py", opt=3)
