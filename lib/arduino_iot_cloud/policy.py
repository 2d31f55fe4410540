"""The import path for programs. The code is in `property.policy_arguments`."""

from .property.policy_arguments import configure as configure
