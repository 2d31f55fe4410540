"""The import path for programs. The code is in `cbor.items`."""

from .cbor.items import Simple, Tag, dumps, loads  # noqa: F401
