"""Arduino Cloud for MicroPython and CPython: a drop-in for the official client."""

__version__ = "1.0.0"

# What is imported when it is first used, and from where.
_LAZY = {
    "ArduinoCloudClient": "client",
    "ArduinoCloudObject": "property",
    "Task": "property",
    "Location": "composites",
    "Color": "composites",
    "ColoredLight": "composites",
    "DimmedLight": "composites",
    "Television": "composites",
    "Schedule": "schedule",
    "async_wifi_connection": "wifi",
    "CADATA": "roots",
}


def __getattr__(name):
    if name not in _LAZY:
        raise AttributeError(name)
    module = __import__("arduino_iot_cloud." + _LAZY[name], None, None, (name,))
    value = getattr(module, name)
    globals()[name] = value
    return value
