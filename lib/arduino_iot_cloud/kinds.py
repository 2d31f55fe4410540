"""The import path for programs. The code is in `property.kinds`."""

from .property.kinds import Scalar as Scalar
