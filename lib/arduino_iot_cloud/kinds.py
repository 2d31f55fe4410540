"""The import path that programs know. What it has lies in `property.kinds`."""

from .property.kinds import Scalar as Scalar
