# Check that the board's settings can be opened where they are to be kept; raises an error if not.
from arduino_cloud_board.detection import load
from arduino_cloud_board.settings import open as open_settings

open_settings(load()).keys.has("device_id")
answer(True)
