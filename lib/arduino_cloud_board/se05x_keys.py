"""The import path for programs. The code is in `keys.se05x`."""

from .keys.se05x import SE05XKeys as SE05XKeys
