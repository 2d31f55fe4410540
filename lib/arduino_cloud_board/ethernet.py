"""The import path for programs. The code is in `link.ethernet`."""

from .link.ethernet import Ethernet as Ethernet
