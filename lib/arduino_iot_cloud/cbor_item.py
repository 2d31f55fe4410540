"""The import path that programs know. What it has lies in `cbor.items`."""

from .cbor.items import Simple as Simple, Tag as Tag, dumps as dumps, loads as loads
