"""MicroPython firmware with the client frozen in: what tools/firmware does."""
