"""The import path that programs know. What it has lies in `user.session`."""

from .user.session import CloudError as CloudError
