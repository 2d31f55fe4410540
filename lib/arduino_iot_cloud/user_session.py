"""The import path for programs. The code is in `user.connection`."""

from .user.connection import CloudError as CloudError
