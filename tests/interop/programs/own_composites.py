"""Variables with attributes of the program's own, given as `keys=`."""

from arduino_iot_cloud import ArduinoCloudClient, ArduinoCloudObject


class Lamp(ArduinoCloudObject):
    def __init__(self, name, **kwargs):
        self.clicks = 0
        super().__init__(name, keys={"swi", "bri"}, **kwargs)

    def click(self):
        self.clicks += 1
        self.swi = not self.swi


class Spot(Lamp):
    angle = 30


client = ArduinoCloudClient("device", "device", "secret")
client.register(Lamp("lamp", swi=True, bri=50.0))
client.register(Spot("spot", bri=1.0))
client.register(ArduinoCloudObject("place", keys=("lat", "lon"), lat=1.5, lon=2.5))
client.register("tank", keys=["level"], level=7, on_write=print, interval=0.5)

lamp = client["lamp"]
print(lamp is client.records["lamp"], isinstance(lamp, Lamp), isinstance(lamp, ArduinoCloudObject))  # -> True True True
lamp.click()
print(lamp.swi, lamp.bri, lamp.clicks, lamp.initialized, lamp.name)  # -> False 50.0 1 True lamp
client["lamp"].bri = 75.5
print(client["lamp"].bri, "bri" in lamp, "hue" in lamp)  # -> 75.5 True False
spot = client["spot"]
print(spot.swi, spot.bri, spot.angle, spot.initialized)  # -> None 1.0 30 False
spot.swi = True
print(spot.swi, spot.initialized, client["lamp"].swi)  # -> True True False
print(client["place"].lat, client["place"].lon)  # -> 1.5 2.5
print(client["tank"].level, client["tank"].interval, client["tank"])  # -> 7 0.5 {'level': 7}
try:
    lamp.bri = "bright"
except TypeError:
    print("refused", lamp.bri)  # -> refused 75.5
try:
    print(lamp.hue)
except AttributeError as error:
    print("'Lamp'" in str(error) and "'hue'" in str(error))  # -> True
lamp.hue = 5
print(lamp.hue, "hue" in lamp)  # -> 5 False
