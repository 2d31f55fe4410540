"""The import path that programs know. What it has lies in `cbor.item`."""

from .cbor.item import Simple as Simple, Tag as Tag, dumps as dumps, loads as loads
