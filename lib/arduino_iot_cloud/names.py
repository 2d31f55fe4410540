"""The public names of the package, and the modules that have them. Let go of at the start."""

import arduino_iot_cloud

from .port import const

# A module, and what of it is public.
_NAMES = const("""
client ArduinoCloudClient
property Task
ucloud ArduinoCloudObject timestamp
composites Location Color ColoredLight DimmedLight Television
schedule Schedule
wifi async_wifi_connection
roots CADATA
user ArduinoIoTCloud CloudError
""")


def find(name: str):
    """The object of that name, which stays in the package; or the module. Raises AttributeError for neither."""
    if name == "__all__":  # as in `from arduino_iot_cloud import *`
        return [one for line in _NAMES.splitlines() for one in line.split(" ")[1:]]
    for line in _NAMES.splitlines():
        if name in line.split(" ")[1:]:
            module = __import__("arduino_iot_cloud." + line.split(" ")[0], None, None, (name,))
            setattr(arduino_iot_cloud, name, getattr(module, name))
            return getattr(module, name)
    if name and name[0] != "_" and name == name.lower():  # as in `from arduino_iot_cloud import keys`
        try:
            return __import__("arduino_iot_cloud." + name, None, None, (name,))
        except ImportError:
            pass
    from .kinds import find

    return find(name)
