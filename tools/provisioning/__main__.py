"""The command `tools/provision`."""

import sys

try:
    from .command_line import run
except KeyboardInterrupt:  # before it can say so itself
    sys.exit(130)

sys.exit(run())
