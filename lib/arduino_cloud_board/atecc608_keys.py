"""The import path that programs know. What it has lies in `keys.atecc608`."""

from .keys.atecc608 import ATECC608Keys as ATECC608Keys
