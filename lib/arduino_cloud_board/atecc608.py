"""The import path that programs know. What it has lies in `chips.atecc608`."""

from .chips.atecc608 import ATECC608 as ATECC608
