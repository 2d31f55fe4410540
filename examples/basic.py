"""A board with Wi-Fi, such as an ESP32: how well it hears the access point, and a lamp to switch from the cloud.

Copy this to the board as main.py, beside a secrets.py (see README.md here). The thing in the cloud
has two variables: signal (an integer, read only) and led (a boolean, read and write).
"""

import time

import network
from arduino_iot_cloud import ArduinoCloudClient
from machine import Pin
from secrets import CLOUD, DEVICE_ID, SECRET_KEY, WIFI_PASS, WIFI_SSID

LED = Pin(2, Pin.OUT)  # the pin of your board's LED

wifi = network.WLAN(network.STA_IF)
wifi.active(True)
wifi.connect(WIFI_SSID, WIFI_PASS)
while not wifi.isconnected():
    time.sleep(0.5)

client = ArduinoCloudClient(DEVICE_ID, username=DEVICE_ID, password=SECRET_KEY, **CLOUD)
client.register("signal", on_read=lambda client: wifi.status("rssi"), interval=5)
client.register("led", on_write=lambda client, value: LED.value(value))
client.start()
