"""The import path that programs know. What it has lies in `property.composites`."""

from .property.composites import (
    Color as Color,
    ColoredLight as ColoredLight,
    Composite as Composite,
    DimmedLight as DimmedLight,
    Location as Location,
    Television as Television,
)
