"""A subclass of Schedule, and an on_run in addition to Schedule's own."""

from arduino_iot_cloud import ArduinoCloudClient, Schedule, timestamp


class Watering(Schedule):
    def __init__(self, name, valve, **kwargs):
        self.valve = valve
        super().__init__(name, on_active=self.open, **kwargs)

    def open(self, client, value):
        print("open", self.valve, sorted(value))

    def on_run(self, client, args=None):
        super().on_run(client, args)
        print("looked", self.active)


client = ArduinoCloudClient("device", "device", "secret")
now = timestamp()
period = {"frm": now - 60, "to": 0, "len": 3600, "msk": 0}
client.register(Watering("garden", "left", **period))
client.register(Schedule("alarm", on_run=print, on_active=lambda client, value: print("alarm"), **period))
client.register(Schedule("later", frm=now + 600, to=0, len=60, msk=0))

garden = client["garden"]
garden.on_run(client)  # -> open left ['frm', 'len', 'msk', 'to'] # -> looked True
garden.on_run(client)  # -> looked True
garden.len = 1
garden.on_run(client)  # -> looked False
alarm = client["alarm"]
print(alarm.active, alarm.runnable)  # -> False True
alarm.on_run(client, alarm.args)  # -> alarm
print(alarm.active, alarm.frm == now - 60, alarm.len)  # -> True True 3600
client["later"].on_run(client, None)
print(client["later"].active)  # -> False
