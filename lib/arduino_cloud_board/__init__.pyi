# For editors and type checkers: the names that `names` finds when they are first used.

from .device import Device as Device
from .link.ethernet import Ethernet as Ethernet
from .link.wifi import WiFi as WiFi
from .setup_page.access_point import AccessPoint as AccessPoint
