"""The device protocol, sans-IO: bytes in, messages out.

This package uses no sockets, files, clocks or asyncio. Layers, lowest first: `cbor` (well-formed
items), `senml` (property records), `commands` (tagged device commands), `topics` (which topics a
device may use), `conversation` (how the cloud answers a device).
"""
