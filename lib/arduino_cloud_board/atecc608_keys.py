"""The import path for programs. The code is in `keys.atecc608`."""

from .keys.atecc608 import ATECC608Keys as ATECC608Keys
