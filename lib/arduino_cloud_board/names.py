"""The public names of the package and their modules. Unloaded once a connection is made."""

# A module and its public names.
_NAMES = """
link.wifi WiFi
link.ethernet Ethernet
setup_page.access_point AccessPoint
device Device
"""


def find(name: str):
    """The object with this name, which stays in the package, or the module. Raises AttributeError for neither."""
    from arduino_iot_cloud.names import find

    return find(name, "arduino_cloud_board", _NAMES)
