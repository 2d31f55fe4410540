"""A provisioned board with Wi-Fi: its signal strength, a lamp, and a count of minutes of which none is lost if the link
fails.

Copy this to the board as main.py. The device and the networks are those that provisioning has stored on the board, or
in a secrets.py (see README.md in this folder). The thing in the cloud has three variables: signal and minutes
(integers, read only) and led (a boolean, read and write).
"""

from arduino_cloud_board import Device
from arduino_iot_cloud import Task

device = Device(watchdog=True)
client = device.client
minutes = 0


def count(client, args):
    global minutes
    client["minutes"] = minutes
    minutes += 1


client.register("signal", on_read=lambda client: device.link.rssi or 0, interval=5)
client.register("led", value=False, on_write=lambda client, on: device.board.led(on))
client.register("minutes", history=600, store="minutes.history")  # covers ten hours without a link, and resets
client.register(Task("count", on_run=count, interval=60))
print("started by: %s" % (device.cause or "unknown"))
device.start()
