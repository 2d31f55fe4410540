"""The device protocol, sans-IO: bytes in, messages out.

Nothing in this package knows of sockets, files, clocks or asyncio. Layers, lowest first:
`cbor` (well-formed items), `senml` (property records), `commands` (tagged device commands),
`topics` (who may use which topic), `conversation` (what the cloud answers a device).
"""
