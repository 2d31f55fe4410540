"""The import path for programs. The code is in `link.wifi`."""

from .link.wifi import WiFi as WiFi
