"""A first program for a board that has none: it sends how long the board has been on, and the cloud switches its lamp.

Its thing has two variables: uptime (an integer, read only) and led (a boolean, read and write). Change the program as
you like: tools/provision leaves a changed main.py alone.
"""

from arduino_cloud_board import Device
from arduino_iot_cloud.port import ticks_add, ticks_diff, ticks_ms

device = Device()
seconds = 0
last = ticks_ms()


def read_uptime(client):
    """Return whole seconds since the start. Ticks alone would wrap after some days."""
    global seconds, last
    passed = ticks_diff(ticks_ms(), last) // 1000
    seconds += passed
    last = ticks_add(last, passed * 1000)
    return seconds


def on_led(client, value):
    """Switch the lamp as the cloud says."""
    if device.board.LED:
        device.board.led(value)


device.client.register("uptime", on_read=read_uptime, interval=10)
device.client.register("led", on_write=on_led)
device.start()
