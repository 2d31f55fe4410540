"""The import path that programs know. What it has lies in `user.connection`."""

from .user.connection import CloudError as CloudError
