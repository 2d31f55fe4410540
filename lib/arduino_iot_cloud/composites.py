"""The import path for programs. The code is in `property.composites`."""

from .property.composites import Color, ColoredLight, Composite, DimmedLight, Location, Television  # noqa: F401
