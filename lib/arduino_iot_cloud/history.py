"""The import path that programs know. What it has lies in `property.history`."""

from .property.history import History as History
