"""The import path for programs. The code is in `property.composites`."""

from .property.composites import (
    Color as Color,
    ColoredLight as ColoredLight,
    Composite as Composite,
    DimmedLight as DimmedLight,
    Location as Location,
    Television as Television,
)
