"""The import path for programs. The code is in `cbor.item`."""

from .cbor.item import Simple, Tag, dumps, loads  # noqa: F401
