"""The public names of the package, and the modules that have them. Let go of once a connection is made."""

import arduino_cloud_board

# A module, and what of it is public.
_NAMES = """
wifi WiFi
ethernet Ethernet
access_point AccessPoint
device Device
"""


def find(name: str):
    """The object of that name, which stays in the package; or the module. Raises AttributeError for neither."""
    for line in _NAMES.split("\n"):
        words = line.split(" ")
        if name in words[1:]:
            module = __import__("arduino_cloud_board." + words[0], None, None, (name,))
            setattr(arduino_cloud_board, name, getattr(module, name))
            return getattr(module, name)
    if name[:1] != "_":  # a module: MicroPython asks here before it looks for one
        try:
            return __import__("arduino_cloud_board." + name, None, None, (name,))
        except ImportError as error:
            if "arduino_cloud_board." + name not in str(error):
                raise
    raise AttributeError("arduino_cloud_board has no %s" % name)
