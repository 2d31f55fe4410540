"""CADATA: Arduino's own root certificate as DER bytes, under the name that the official client gives it."""

from .certificates import root

CADATA = root("ArduinoRoot")
