"""The Application API of Arduino Cloud for MicroPython and CPython: things, devices, dashboards, historical data."""

from .client import CloudAPI
from .errors import APIError

__all__ = ("APIError", "CloudAPI")
