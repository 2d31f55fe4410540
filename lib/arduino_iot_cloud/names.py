"""The public names of the package, and the modules that define them. Unloaded when a client is made."""

import sys

from .port import const

# Each line has a module and its public names.
_NAMES = const("""
client ArduinoCloudClient
property Task
property.attributes ArduinoCloudObject
property.official timestamp
property.composites Location Color ColoredLight DimmedLight Television
property.schedule Schedule
wifi async_wifi_connection
certificates CADATA
user ArduinoIoTCloud CloudError
""")


def find(name: str, package: str = "arduino_iot_cloud", names: str = _NAMES):
    """Return the object that the table `names` has under a name, and store it in the package; or the module, as for
    `from arduino_iot_cloud import keys`. Raises AttributeError if there is neither."""
    if name == "__all__":  # as in `from arduino_iot_cloud import *`
        return [one for line in names.splitlines() for one in line.split(" ")[1:]]
    for line in names.splitlines():
        if name in line.split(" ")[1:]:
            found = getattr(__import__(package + "." + line.split(" ")[0], None, None, (name,)), name)
            setattr(sys.modules[package], name, found)
            return found
    if name and name[0] != "_" and name == name.lower():  # MicroPython calls this before it looks for a module
        module = package + "." + name
        try:
            return __import__(module, None, None, (name,))
        except ImportError as error:
            if module not in str(error):
                raise
    if names is not _NAMES:
        raise AttributeError("%s has no %s" % (package, name))
    from .property import kinds

    return kinds.find(name)
