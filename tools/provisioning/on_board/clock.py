# Set the clock to the Unix time `now`, where it is not right already; how far it was off, in seconds.
from arduino_cloud_board.detection import load
from arduino_iot_cloud import port

off = (port.timestamp() or int(port.time()) + port.EPOCH) - now
if abs(off) > 2 and not dry:
    load().set_clock(now)
answer(off)
