"""The import path that programs know. What it has lies in `link.wifi`."""

from .link.wifi import WiFi as WiFi
