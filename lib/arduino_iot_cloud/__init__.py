"""Arduino Cloud for MicroPython and CPython: a drop-in for the official client."""

__version__ = "1.0.0"

# The modules, and the public names that each of them has: imported when first used.
_NAMES = """
client ArduinoCloudClient
property ArduinoCloudObject Task
composites Location Color ColoredLight DimmedLight Television
schedule Schedule
wifi async_wifi_connection
roots CADATA
"""


def __getattr__(name):
    for line in _NAMES.split("\n"):
        if name in line.split(" ")[1:]:
            module = __import__("arduino_iot_cloud." + line.split(" ")[0], None, None, (name,))
            value = globals()[name] = getattr(module, name)
            return value
    from .kinds import make

    return make(name)
