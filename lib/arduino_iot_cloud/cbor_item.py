"""The import path that programs know. What it has lies in `cbor.items`."""

from .cbor.items import Simple, Tag, dumps, loads  # noqa: F401
