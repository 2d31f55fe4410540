"""The import path for programs. The code is in `property.stores`."""

from .property.stores import open_store as open_store
