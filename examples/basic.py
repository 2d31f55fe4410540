"""A board with Wi-Fi, such as an ESP32: its signal strength, and a lamp that the cloud switches.

Copy this to the board as main.py, beside a secrets.py (see README.md in this folder). The thing in the
cloud has two variables: signal (an integer, read only) and led (a boolean, read and write).
"""

import network
from arduino_iot_cloud import ArduinoCloudClient, Task, async_wifi_connection
from machine import Pin
from secrets import CLOUD, DEVICE_ID, SECRET_KEY

led = Pin(2, Pin.OUT)  # the pin of your board's LED
wifi = network.WLAN(network.STA_IF)
async_wifi_connection()  # to the network in secrets.py; returns once connected

client = ArduinoCloudClient(DEVICE_ID, username=DEVICE_ID, password=SECRET_KEY, **CLOUD)
client.register("signal", on_read=lambda client: wifi.status("rssi"), interval=5)
client.register("led", on_write=lambda client, value: led.value(value))
client.register(Task("wifi", on_run=async_wifi_connection, interval=60))  # reconnects after the network was lost
client.start()
