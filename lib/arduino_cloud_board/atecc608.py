"""The import path for programs. The code is in `chips.atecc608`."""

from .chips.atecc608 import ATECC608 as ATECC608
