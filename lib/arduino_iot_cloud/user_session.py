"""The import path for programs. The code is in `user.session`."""

from .user.session import CloudError  # noqa: F401
