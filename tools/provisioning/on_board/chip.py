# Check that the board's secure chip answers; raises an error if it does not.
from arduino_cloud_board.key_store import open as open_store

open_store(kind).has("key")
answer(True)
