"""The public names of the package, and the modules that have them. Unloaded once a connection is made."""

# A module, and what of it is public.
_NAMES = """
link.wifi WiFi
link.ethernet Ethernet
setup_page.access_point AccessPoint
device Device
"""


def find(name: str):
    """The object of that name, which stays in the package; or the module. Raises AttributeError for neither."""
    from arduino_iot_cloud.names import find

    return find(name, "arduino_cloud_board", _NAMES)
