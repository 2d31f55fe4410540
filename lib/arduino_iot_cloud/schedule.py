"""The import path that programs know. What it has lies in `property.schedule`."""

from .property.schedule import Schedule, is_active  # noqa: F401
