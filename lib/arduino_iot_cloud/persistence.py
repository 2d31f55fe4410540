"""The import path for programs. The code is in `property.stores`."""

from .property.stores import open_store  # noqa: F401
