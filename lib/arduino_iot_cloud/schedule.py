"""The import path for programs. The code is in `property.schedule`."""

from .property.schedule import Schedule as Schedule, is_active as is_active
