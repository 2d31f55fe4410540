"""The import path that programs know. What it has lies in `property.schedule`."""

from .property.schedule import Schedule as Schedule, is_active as is_active
