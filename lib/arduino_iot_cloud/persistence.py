"""The import path that programs know. What it has lies in `property.stores`."""

from .property.stores import open_store as open_store
