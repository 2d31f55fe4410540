"""The forms of `register`."""

from arduino_iot_cloud import ArduinoCloudClient, ArduinoCloudObject, ColoredLight, Task


def work(client, args=None):
    print("work", args)


client = ArduinoCloudClient(device_id="device", username="device", password="secret", sync_mode=True, keepalive=20)
client.register("first", value=1)
client.register(aiotobj="second", coro=None, value="two", on_write=print, interval=0.25, backoff=1.5)
client.register(ArduinoCloudObject("third", value=3.5))
client.register(ColoredLight("light", swi=True), interval=0.25, on_write=print)
client.register(Task("task", on_run=work, interval=2.0, args="tick"), interval=0.1)
client.register("first", value=2)

print(client["first"], client["second"], client["third"], client["light"].swi)  # -> 2 two 3.5 True
print("first" in client, "fourth" in client, client.get("fourth", 4))  # -> True False 4
second = client.records["second"]
print(second.interval, second.backoff, second.args, second.on_write is print)  # -> 0.25 1.5 None True
light = client.records["light"]
print(light.interval, light.on_write, light.runnable)  # -> 1.0 None False
task = client.records["task"]
print(task.interval, task.args, task.runnable, task.on_run is work, task.initialized)  # -> 2.0 tick True True False
task.on_run(client, task.args)  # -> work tick
print(client.records.pop("third").value, "third" in client)  # -> 3.5 False
try:
    print(client["third"])
except KeyError:
    print("KeyError")  # -> KeyError
print(client.async_mode, client.keepalive, client.connected)  # -> False 20 False
print(client.ntp_server, client.ntp_timeout)  # -> pool.ntp.org 3
