"""Imports from the official client's module with the classes."""

import time

import arduino_iot_cloud
import arduino_iot_cloud.ucloud
from arduino_iot_cloud import Task
from arduino_iot_cloud.ucloud import (
    ArduinoCloudClient,
    ArduinoCloudObject,
    log_level_enabled,
    timestamp,
    timestamp_ms,
)


class Counter(ArduinoCloudObject):
    def __init__(self, name, **kwargs):
        super().__init__(name, value=0, on_run=self.count, **kwargs)

    def count(self, client, args=None):
        client[self.name] += 1


print(ArduinoCloudClient is arduino_iot_cloud.ArduinoCloudClient)  # -> True
print(ArduinoCloudObject is arduino_iot_cloud.ArduinoCloudObject, Task is ArduinoCloudObject)  # -> True True
print(arduino_iot_cloud.ucloud.timestamp is timestamp is arduino_iot_cloud.timestamp)  # -> True
print(abs(timestamp() - time.time()) < 2, abs(timestamp_ms() - 1000 * timestamp()) < 2000)  # -> True True
print(log_level_enabled(40), log_level_enabled(10))  # -> True False
client = ArduinoCloudClient("device", "device", "secret")
client.register(Counter("count", interval=0.5))
count = client.records["count"]
count.on_run(client, count.args)
print(client["count"], isinstance(count, ArduinoCloudObject), count.interval)  # -> 1 True 0.5
