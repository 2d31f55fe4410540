"""The import path that programs know. What it has lies in `chips.se05x_t1`."""

from .chips.se05x_t1 import T1 as T1
