"""The import path that programs know. What it has lies in `property.composites`."""

from .property.composites import Color, ColoredLight, Composite, DimmedLight, Location, Television  # noqa: F401
