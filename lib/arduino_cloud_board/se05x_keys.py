"""The import path that programs know. What it has lies in `keys.se05x`."""

from .keys.se05x import SE05XKeys as SE05XKeys
