"""The import path for programs. The code is in `chips.se05x_t1`."""

from .chips.se05x_t1 import T1 as T1
