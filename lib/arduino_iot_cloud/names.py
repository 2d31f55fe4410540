"""The public names of the package, and the modules that have them. Unloaded when a client is made."""

import sys

from .port import const

# A module, and what of it is public.
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


def find(name: str):
    """The object of that name, which stays in the package; or the module. Raises AttributeError for neither."""
    if name == "__all__":  # as in `from arduino_iot_cloud import *`
        return [one for line in _NAMES.splitlines() for one in line.split(" ")[1:]]
    found = find_in("arduino_iot_cloud", _NAMES, name)
    if found is None:
        from .property.kinds import find

        return find(name)
    return found


def find_in(package: str, listing: str, name: str):
    """What a package has under a name: the object, by a listing as above; or the module, as in `from arduino_iot_cloud
    import keys`. None for neither."""
    for line in listing.splitlines():
        if name in line.split(" ")[1:]:
            found = getattr(__import__("%s.%s" % (package, line.split(" ")[0]), None, None, (name,)), name)
            setattr(sys.modules[package], name, found)
            return found
    if name and name[0] != "_" and name == name.lower():  # MicroPython asks here before it looks for a module
        module = "%s.%s" % (package, name)
        try:
            return __import__(module, None, None, (name,))
        except ImportError as error:
            if module not in str(error):
                raise
    return None
