"""A provisioned board with Wi-Fi: how well it hears the access point, a lamp, and a count of its minutes that reaches
the cloud whole, whatever happens to the link.

Copy this to the board as main.py. Device and networks are what provisioning has left there, or in a secrets.py (see
README.md here). The thing in the cloud has three variables: signal and minutes (integers, read only) and led (a
boolean, read and write).
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
client.register("minutes", history=600, store="minutes.history")  # ten hours without a link, and a reset in between
client.register(Task("count", on_run=count, interval=60))
print("started by: %s" % (device.cause or "unknown"))
device.start()
