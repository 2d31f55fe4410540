"""The import path for programs. The code is in `property.history`."""

from .property.history import History as History
