"""The import path for programs. The code is in `property.schedule`."""

from .property.schedule import Schedule, is_active  # noqa: F401
