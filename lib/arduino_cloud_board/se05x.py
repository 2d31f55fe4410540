"""The import path that programs know. What it has lies in `chips.se05x`."""

from .chips.se05x import SE05X as SE05X
