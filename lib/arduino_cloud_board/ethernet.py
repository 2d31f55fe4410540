"""The import path that programs know. What it has lies in `link.ethernet`."""

from .link.ethernet import Ethernet as Ethernet
