"""A Linux machine on Arduino Cloud: its load, memory, temperature and uptime, and a switch.

The program of tools/demo. It runs on MicroPython and CPython, with this client and with Arduino's own.
"""

import os

from arduino_iot_cloud import ArduinoCloudClient
from secrets import CLOUD, DEVICE_ID, SECRET_KEY

READINGS = ("cpu", "load", "memory", "temperature", "uptime")
THERMAL = "/sys/class/thermal/"
busy_before = all_before = 0


def words(path):
    """Return the words of a small file."""
    with open(path) as file:
        return file.read().split()


def read_cpu(client):
    """Return how busy the processors were since the last reading, in %."""
    global busy_before, all_before
    times = [int(word) for word in words("/proc/stat")[1:9]]
    busy = sum(times) - times[3] - times[4]  # without idle and iowait
    share = (busy - busy_before) / max(sum(times) - all_before, 1)
    busy_before, all_before = busy, sum(times)
    return round(100 * share, 1)


def read_load(client):
    """Return how many programs wanted a processor: the mean of the last minute."""
    return float(words("/proc/loadavg")[0])


def read_memory(client):
    """Return the memory in use, in %."""
    info = words("/proc/meminfo")
    free = int(info[info.index("MemAvailable:") + 1])
    return round(100 - 100 * free / int(info[info.index("MemTotal:") + 1]), 2)


def read_temperature(client=None):
    """Return the hottest sensor's temperature in °C, None without a sensor."""
    hottest = None
    for zone in os.listdir(THERMAL) if "thermal" in os.listdir("/sys/class") else ():
        try:
            degrees = int(words(THERMAL + zone + "/temp")[0]) / 1000
        except (OSError, ValueError, IndexError):
            continue  # a zone that is switched off
        if hottest is None or degrees > hottest:
            hottest = degrees
    return hottest


def read_uptime(client):
    """Return the time since the machine was started, in hours, minutes and seconds."""
    seconds = int(float(words("/proc/uptime")[0]))
    return "%d:%02d:%02d" % (seconds // 3600, seconds // 60 % 60, seconds % 60)


def on_fast(client, fast):
    """Show the switch `fast` on the lamp, and read four times as often while it is on."""
    client["led"] = fast
    for name in READINGS:
        if name in client:
            client.records[name].interval = 0.25 if fast else 1.0
    print("fast is %s: a reading every %s s" % ("on" if fast else "off", 0.25 if fast else 1))


client = ArduinoCloudClient(device_id=DEVICE_ID, username=DEVICE_ID, password=SECRET_KEY, **CLOUD)
client.register("cpu", on_read=read_cpu)
client.register("load", on_read=read_load)
client.register("memory", on_read=read_memory)
client.register("uptime", on_read=read_uptime)
if read_temperature() is not None:
    client.register("temperature", on_read=read_temperature)
client.register("fast", on_write=on_fast, interval=0.25)
client.register("led")
client.start()
