"""The import path that programs know. What it has lies in `cbor.item`."""

from .cbor.item import Simple, Tag, dumps, loads  # noqa: F401
