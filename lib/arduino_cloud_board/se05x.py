"""The import path for programs. The code is in `chips.se05x`."""

from .chips.se05x import SE05X as SE05X
