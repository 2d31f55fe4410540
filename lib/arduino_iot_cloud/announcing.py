"""The import path for programs. The code is in `session.announcing`."""

from .session.announcing import net_config as net_config
