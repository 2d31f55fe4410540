"""A program with mistakes. Each such line names the kind of error that a type checker must find in it."""

import arduino_iot_cloud
from arduino_cloud_api import CloudAPI
from arduino_iot_cloud import ArduinoCloudClient, Location, Schedule, Switch, Temperature

arduino_iot_cloud.Thermometer("temperature")  # found: attr-defined

client = ArduinoCloudClient("id", keepalive="10")  # found: arg-type
client.flush("5")  # found: arg-type, unused-coroutine
client.on("connected", print)  # found: arg-type
client.stats(1)  # found: call-arg
client.flsuh()  # found: attr-defined
client.register(7)  # found: call-overload
client.register("x", valu=1)  # found: call-overload
client.register("x", publish="never")  # found: call-overload
client.connected = True  # found: misc

temperature = Temperature("temperature", value="hot")  # found: arg-type
temperature.value = "hot"  # found: assignment
temperature.updated = 3  # found: assignment
Switch("led", on_wriet=print)  # found: call-arg
place = Location("place", lat="north")  # found: arg-type
place.lat = "north"  # found: assignment
place.latt = 59.3  # found: attr-defined
Schedule("plan", on_active=7)  # found: arg-type

api = CloudAPI("id", "secret", attempts="3")  # found: arg-type
api.thing.list()  # found: attr-defined
api.things.lst()  # found: attr-defined
api.things.list(tag="a")  # found: call-arg
api.things.show(1)  # found: arg-type
api.things.update("id")  # found: call-arg
