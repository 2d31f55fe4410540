"""The command `tools/provision`."""

import sys

from .command_line import run

sys.exit(run())
