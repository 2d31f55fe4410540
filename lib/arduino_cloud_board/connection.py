"""The import path that programs know. What it has lies in `link`."""

from .link import Connection as Connection
