"""`tools/firmware`: build MicroPython firmware with the client frozen in."""
