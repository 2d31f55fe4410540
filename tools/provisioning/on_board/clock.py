# Set the clock to the Unix time `now`, if it is wrong; answers by how many seconds it was off.
from arduino_cloud_board.detection import load
from arduino_iot_cloud import port

off = (port.timestamp() or int(port.time()) + port.EPOCH) - now
if abs(off) > 2 and not dry:
    load().set_clock(now)
answer(off)
