"""The import path for programs. The code is in `inlet`."""

from .inlet import Inlet as Inlet
