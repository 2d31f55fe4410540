"""What a variable says about itself."""

import time

from arduino_iot_cloud import ArduinoCloudClient, Location, Task, timestamp

client = ArduinoCloudClient("device", "device", "secret")
client.register("count", value=5)
client.register("text", value=None)
client.register(Location("here", lat=1.5))
count, text, here = [client.records[name] for name in ("count", "text", "here")]

print(count.updated, text.updated)  # -> True False
text.updated = False
count.updated = False
print(count.updated)  # -> False
count.value = 6
print(count.updated, count.value, count.initialized)  # -> True 6 True
count.updated = False
count.updated = True
print(count.updated, count.value)  # -> True 6
here.lon = 2.5
print(here.updated, here.initialized)  # -> True True
print(text.runnable, Task("task", on_run=print).runnable)  # -> False True
print(Location("there", on_write=print).runnable)  # -> True

begin = timestamp()
print(abs(begin - time.time()) < 2, type(begin) is int)  # -> True True
for each in (count, text, here):
    print(begin - 2 <= each.timestamp <= timestamp())  # -> True # -> True # -> True
first = text.timestamp
time.sleep(1.1)
text.value = "now"
print(first < text.timestamp <= timestamp())  # -> True
time.sleep(1.1)
print(text.timestamp < timestamp())  # -> True

count.args = (1, 2)
count.interval = 0.5
count.backoff = 1.25
count.on_write = print
print(count.args, count.interval, count.backoff, count.on_write is print)  # -> (1, 2) 0.5 1.25 True
print(count, text, str(text))  # -> 6 now now
