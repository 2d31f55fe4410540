"""The import path for programs. The code is in `link`."""

from .link import Connection as Connection
